package import HalleyEventLoop
package import HalleyProtocols

extension WebSocketDriver {
  /// Fails the connection (RFC 6455 §7.1.7): a close frame with the code, then the end.
  package final func fail(_ connection: Connection, _ code: WebSocketCloseCode) {
    guard connection.isOpen else { return }
    let slot = unsafe WebSocketSlot.of(connection)
    var step = WebSocketReceiver.Step()
    step.code = code
    step.answers = unsafe slot.pointee.receiver.fail()
    answerClose(connection, step, isFailure: true)
  }

  /// Both sides are done: the answer, if one is due, then the server ends the TCP connection first (§7.1.1).
  final func answerClose(_ connection: Connection, _ step: WebSocketReceiver.Step, isFailure: Bool) {
    if step.answers {
      // RFC 6455 §5.5.1: the code is sent back as it came; 1005 means that there was none.
      let payload = WebSocketClosePayload.encode(step.code)
      unsafe connection.write(WebSocketFrameEncoder.encode(0x80 | WebSocketOpcode.close, payload).span.bytes)
    }
    finished(WebSocketConnection(connection), step.code, isFailure: isFailure)
    connection.closeAfterFlush(within: timing.closeTimeout)
  }

  /// Answers a ping (§5.5.2, §5.5.3): at once, or ahead of what is queued; while one answer waits only the newest ping
  /// is remembered, so that a peer that never reads cannot make the output grow.
  final func pong(_ connection: Connection, _ payload: UnsafeBufferPointer<UInt8>) {
    let slot = unsafe WebSocketSlot.of(connection)
    if unsafe !slot.pointee.receiver.allowsPing(now: connection.lastInput) {
      return fail(connection, .policyViolation)
    }
    guard unsafe slot.pointee.receiver.isOpen else { return }
    if unsafe slot.pointee.marks.contains(.pongQueued) {
      WebSocketCompanion.of(connection).pong = unsafe Array(payload)
      return
    }
    let isBlocked = connection.queuedBytes > 0
    let frame = unsafe WebSocketFrameEncoder.encode(0x80 | WebSocketOpcode.pong, payload)
    if isBlocked {
      unsafe connection.writeFirst(frame.span.bytes)
      unsafe slot.pointee.marks.insert(.pongQueued)
    } else {
      unsafe connection.write(frame.span.bytes)
    }
  }

  /// The answer that was queued has left; the newest ping since then, if any, is answered now.
  final func sendLatePong(_ connection: Connection) {
    unsafe WebSocketSlot.of(connection).pointee.marks.remove(.pongQueued)
    guard let companion = WebSocketCompanion.existing(connection), let payload = companion.pong else { return }
    companion.pong = nil
    WebSocketCompanion.release(connection)
    if WebSocketConnection(connection).isOpen {
      unsafe connection.write(WebSocketFrameEncoder.encode(0x80 | WebSocketOpcode.pong, payload).span.bytes)
    }
  }
}
