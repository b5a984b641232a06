internal import CHalleyShims
package import HalleyEventLoop
package import HalleyProtocols

/// The guarded evhttp of one loop: listeners, connections, and the requests on them.
///
/// Every byte of a client goes through `HTTPHeadParser` and `BodyReader` before evhttp sees anything; what evhttp gets
/// is a request line of our own for each request that was accepted. So there is one reading of a request, ours.
/// What is refused is answered with a constant body and closed, without a handler.
///
/// Everything is called on the loop, or before it runs. `shutdown()` must come before the carrier goes.
@safe package final class HTTPCarrier: @unchecked Sendable {
  // Sendable so that jobs submitted to the loop can name it; all state is confined to the loop's thread.

  /// What goes wrong outside any request; at most one of a kind per second.
  package enum Incident: Sendable, Equatable {
    /// Accepting failed for want of descriptors; it pauses for `acceptRetry`.
    case noDescriptors(code: Int32)
    /// A connection was dropped because memory ran out.
    case noMemory
  }

  /// Why a carrier or a listener could not be made.
  package enum CarrierError: Error, Equatable {
    case noMemory
    /// `code` is an errno value; EADDRNOTAVAIL also for a name that has no address.
    case cannotListen(host: String, port: Int, code: Int32)
  }

  /// The loop that everything here belongs to.
  package let loop: EventLoop
  /// The limits in force; may be replaced at any time.
  package var limits: HTTPLimits {
    didSet {
      guard let handle = unsafe handle else { return }
      var guarded = limits.guarded
      unsafe halley_carrier_set_limits(handle, &guarded)
    }
  }
  /// The largest body for this request, if not `limits.body`; 413 above it.
  package var bodyLimit: ((HTTPRequestHead) -> Int)?
  /// Fields for the answer to a request whose head is sound and which is refused all the same, for its body or for what
  /// it expects: those of its route's policy on origins. Not asked for requests that are accepted.
  package var refusalFields: ((HTTPRequestHead) -> [(String, String)])?
  /// Told of incidents, on the loop.
  package var onIncident: (Incident) -> Void = { _ in }

  var responses = ResponseHeadWriter()
  private let onRequest: (HTTPExchange) -> Void
  private var handle: OpaquePointer?
  private var isStopping = false

  /// A carrier without listeners.
  /// - Parameter onRequest: called on the loop with each complete request, before any answer to it is awaited.
  package init(
    loop: EventLoop, limits: HTTPLimits = HTTPLimits(), onRequest: @escaping (HTTPExchange) -> Void
  ) throws(CarrierError) {
    self.loop = loop
    self.limits = limits
    self.onRequest = onRequest
    var hooks = unsafe Self.hooks(context: Unmanaged.passUnretained(self).toOpaque())
    var guarded = limits.guarded
    unsafe handle = halley_carrier_new(
      UnsafeMutableRawPointer(loop.base), loop.pulse.pointer, &hooks, &guarded)
    guard unsafe handle != nil else { throw .noMemory }
  }

  deinit {
    if let handle = unsafe handle { unsafe halley_carrier_free(handle) }
  }

  /// Listens on a numeric address or a host name (its first address).
  /// - Parameters:
  ///   - port: 0 lets the kernel choose.
  ///   - reusePort: other loops listen on the same port.
  /// - Returns: the port.
  @discardableResult
  package func listen(host: String, port: Int, reusePort: Bool = false) throws(CarrierError) -> Int {
    guard let handle = unsafe handle, let number = UInt16(exactly: port) else {
      throw .cannotListen(host: host, port: port, code: 22)
    }
    isStopping = false
    let result = unsafe host.withCString {
      unsafe halley_carrier_listen(handle, $0, number, reusePort ? 1 : 0)
    }
    guard result >= 0 else { throw .cannotListen(host: host, port: port, code: -result) }
    return Int(result)
  }

  /// Closes the listeners and the idle connections. Requests in work may still be answered, with `Connection: close`.
  package func stopAccepting() {
    isStopping = true
    if let handle = unsafe handle { unsafe halley_carrier_stop_accepting(handle) }
  }

  /// Ends every connection; each exchange is gone. Not from inside a callback of this carrier: submit it to the loop.
  package func shutdown() {
    guard let handle = unsafe handle else { return }
    isStopping = true
    unsafe self.handle = nil
    unsafe halley_carrier_free(handle)
  }

  /// A connection that was detached has ended. To be called once for each, from the driver's `ended`.
  package func detachedConnectionEnded() {
    if let handle = unsafe handle { unsafe halley_carrier_released(handle) }
  }

  /// What the carrier holds now, and has counted so far.
  package var gauges: HTTPGauges {
    guard let handle = unsafe handle else { return HTTPGauges() }
    return HTTPGauges(unsafe halley_carrier_read_gauges(handle))
  }

  // MARK: Called by exchanges

  /// Whether the connection ends with the answer: the client wishes it, a chunked body came before (other parsers on
  /// the way may have cut it elsewhere), or no further requests are wanted.
  func closes(after head: HTTPRequestHead) -> Bool { isStopping || !head.keepAlive || head.isChunked }

  func later(_ job: @escaping @Sendable () -> Void) { loop.submit(job) }

  // MARK: Called by the guard

  func answer(_ exchange: HTTPExchange) { onRequest(exchange) }

  /// Judges input of a connection whose request is not complete.
  func feed(_ connection: OpaquePointer, _ bytes: UnsafeBufferPointer<UInt8>, _ result: inout halley_feed) {
    let span = unsafe bytes.span
    if let known = unsafe result.exchange {
      let exchange = unsafe Unmanaged<HTTPExchange>.fromOpaque(known).takeUnretainedValue()
      unsafe readBody(of: exchange, span, from: 0, &result)
      return
    }
    var scanner: HTTPHeadScanner
    var partial: PartialHead?
    if let known = unsafe result.partial {
      let object = unsafe Unmanaged<PartialHead>.fromOpaque(known).takeUnretainedValue()
      scanner = object.scanner
      partial = object
    } else {
      scanner = HTTPHeadScanner(limits: limits.head)
    }
    switch scanner.scan(span) {
    case .incomplete:
      let object = partial ?? PartialHead()
      object.scanner = scanner
      unsafe object.bytes.append(contentsOf: bytes)
      if partial == nil { unsafe result.partial = Unmanaged.passRetained(object).toOpaque() }
      unsafe result.kind = HALLEY_FEED_MORE_HEAD
    case .refused(let refusal):
      let begin = unsafe (partial?.bytes.prefix(5) ?? []) + bytes.prefix(5)
      unsafe refuse(refusal.status, refusal.code, toHead: Self.isHead(begin), &result)
    case .complete(let count):
      let piece = unsafe UnsafeBufferPointer(rebasing: bytes[..<count])
      let head: [UInt8]
      if let partial {
        unsafe partial.bytes.append(contentsOf: piece)
        head = partial.bytes
        if let known = unsafe result.partial { unsafe Unmanaged<PartialHead>.fromOpaque(known).release() }
        unsafe result.partial = nil
      } else {
        head = unsafe Array(piece)
      }
      unsafe accept(head, connection, span, count, &result)
    }
  }

  private func accept(
    _ bytes: [UInt8], _ connection: OpaquePointer, _ span: Span<UInt8>, _ count: Int, _ result: inout halley_feed
  ) {
    let head: HTTPRequestHead
    do throws(HTTPRefusal) {
      head = try HTTPHeadParser.parse(bytes, limits: limits.head)
    } catch {
      // What is expected is judged last: but for that the head is sound, and it is known which route is meant.
      let sound =
        error == .unknownExpectation
        ? try? HTTPHeadParser.parse(bytes, limits: limits.head, meetsExpectations: true) : nil
      unsafe refuse(error.status, error.code, sound, toHead: Self.isHead(bytes[...]), &result)
      return
    }
    let reader = BodyReader(head, limits: limits, limit: bodyLimit?(head) ?? limits.body)
    if let reader, reader.isTooLarge {
      unsafe refuse(413, "body_too_large", head, &result)
      return
    }
    let exchange = unsafe HTTPExchange(head, self, connection)
    unsafe result.exchange = Unmanaged.passRetained(exchange).toOpaque()
    guard reader != nil else {
      unsafe result.kind = HALLEY_FEED_READY
      unsafe result.consumed = count
      return
    }
    exchange.bodyReader = reader
    unsafe readBody(of: exchange, span, from: count, &result)
    if unsafe result.kind == HALLEY_FEED_MORE_BODY, head.expectsContinue, count == span.count {
      unsafe result.send_continue = 1
    }
  }

  private func readBody(of exchange: HTTPExchange, _ span: Span<UInt8>, from start: Int, _ result: inout halley_feed) {
    guard var reader = exchange.bodyReader else { return }
    exchange.bodyReader = nil
    switch reader.read(span.extracting(start..<span.count), into: &exchange.body) {
    case .more:
      unsafe result.kind = HALLEY_FEED_MORE_BODY
      unsafe result.body_size = UInt64(reader.size)
      exchange.bodyReader = reader
    case .complete(let consumed):
      // RFC 9110 §9.3.1: the content of a GET has no meaning.
      if exchange.head.method == .get { exchange.body = [] }
      unsafe result.kind = HALLEY_FEED_READY
      unsafe result.consumed = start + consumed
    case .refused(let status, let code):
      unsafe refuse(status, code, exchange.head, &result)
    }
  }

  /// The time for a head or a body is over; the head is known in the second case.
  func expire(_ result: inout halley_feed) {
    let head = unsafe result.exchange.map { unsafe Unmanaged<HTTPExchange>.fromOpaque($0).takeUnretainedValue().head }
    unsafe refuse(408, "timeout", head, &result)
  }

  /// Whether the bytes of a head, which need not be sound, begin as a HEAD does.
  private static func isHead(_ bytes: ArraySlice<UInt8>) -> Bool { bytes.starts(with: "HEAD ".utf8) }

  /// Fills in a constant answer; the guard copies it before anything else uses the buffer.
  ///
  /// - Parameter head: the request's, if it is sound.
  private func refuse(
    _ status: Int, _ code: String, _ head: HTTPRequestHead? = nil, toHead: Bool = false, _ result: inout halley_feed
  ) {
    responses.error(status, code, head.flatMap { refusalFields?($0) } ?? [], toHead: toHead)
    let bytes = unsafe responses.buffer.bytes
    unsafe result.kind = HALLEY_FEED_REFUSED
    unsafe result.answer = UnsafeRawPointer(bytes.baseAddress)
    unsafe result.answer_count = bytes.count
  }
}

/// A head that came in pieces, as far as it has come.
final class PartialHead {
  var bytes: [UInt8] = []
  var scanner = HTTPHeadScanner()
}

@available(*, unavailable)
extension PartialHead: Sendable {}
