internal import CHalleyShims

extension HTTPCarrier {
  /// The functions that the C side calls. Formed here, outside any actor, because a callback formed on the main actor
  /// would trap on a loop's thread.
  nonisolated static func hooks(context: UnsafeMutableRawPointer) -> halley_hooks {
    unsafe halley_hooks(
      context: context,
      feed: { context, connection, bytes, count, result in
        guard let carrier = unsafe HTTPCarrier.from(context) else { return }
        unsafe carrier._withUnsafeGuaranteedRef {
          unsafe $0.feed(connection, UnsafeBufferPointer(start: bytes, count: count), &result.pointee)
        }
      },
      expired: { context, result in
        guard let carrier = unsafe HTTPCarrier.from(context) else { return }
        unsafe carrier._withUnsafeGuaranteedRef { unsafe $0.expire(&result.pointee) }
      },
      request: { context, exchange in
        guard let carrier = unsafe HTTPCarrier.from(context) else { return }
        let exchange = unsafe Unmanaged<HTTPExchange>.fromOpaque(exchange).takeUnretainedValue()
        unsafe carrier._withUnsafeGuaranteedRef { $0.answer(exchange) }
      },
      drained: { exchange in
        unsafe Unmanaged<HTTPExchange>.fromOpaque(exchange).takeUnretainedValue().runDrained()
      },
      finished: { exchange, how in
        unsafe Unmanaged<HTTPExchange>.fromOpaque(exchange).takeRetainedValue()
          .finished(gone: how == HALLEY_FINISH_GONE)
      },
      retain: { owner in unsafe _ = Unmanaged<AnyObject>.fromOpaque(owner).retain() },
      release: { owner in unsafe Unmanaged<AnyObject>.fromOpaque(owner).release() },
      log: { context, event, number in
        guard let carrier = unsafe HTTPCarrier.from(context) else { return }
        let incident: Incident = event == HALLEY_EVENT_NO_DESCRIPTORS ? .noDescriptors(code: number) : .noMemory
        unsafe carrier._withUnsafeGuaranteedRef { $0.onIncident(incident) }
      })
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> Unmanaged<HTTPCarrier>? {
    unsafe context.map { unsafe Unmanaged.fromOpaque($0) }
  }
}
