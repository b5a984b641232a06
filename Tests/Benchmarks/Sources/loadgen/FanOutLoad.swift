/// Fan-out: one publisher, many subscribers, a bounded number of messages outstanding, every delivery checked.
final class FanOutLoad: DeliveryObserver {
  let payload: NumberedPayload
  private let generator: Generator
  private let window: Int
  private var subscribers: [Subscriber] = []
  private var publisher: Publisher?

  /// Messages are numbered from 0 over the life of the load.
  private var published = 0
  private var limit = 0
  /// All subscribers have everything below this number.
  private var complete = 0
  /// Deliveries of each number that is outstanding, by number modulo the size.
  private var counts = [Int](repeating: 0, count: 4096)
  private var deliveries = 0
  private var missing = 0
  private var repeated = 0

  init(_ generator: Generator, payload size: Int, outstanding: Int) {
    self.generator = generator
    payload = NumberedPayload(size: size)
    window = min(max(1, outstanding), 2048)
  }

  /// Connects everybody, and publishes until every subscriber is seen to receive.
  func open(_ transport: Transport, subscribers count: Int, path: String, publish: (PublishMethod, path: String)) throws
  {
    try generator.open(count) { _ in
      let subscriber = Subscriber.make(transport, generator, path: path, observer: self)
      subscribers.append(subscriber)
      return subscriber
    }
    let publisher = Publisher.make(publish.0, generator, path: publish.path, payload: payload)
    self.publisher = publisher
    try generator.open(1) { _ in publisher }
    generator.afterBatch = { [unowned self] in try self.publishMore() }
    try attach()
  }

  /// A subscriber counts from the first message that it gets, so nobody is expected to have been attached before.
  private func attach() throws {
    for _ in 0..<200 {
      complete = published
      limit = published + 1
      try publishMore()
      let end = Generator.now + 0.25
      try generator.run("a probe") { Generator.now > end || allHave(published) }
      if allHave(published) {
        complete = published
        deliveries = 0
        return
      }
    }
    throw LoadError.timedOut("some subscribers receive nothing")
  }

  private func allHave(_ number: Int) -> Bool { subscribers.allSatisfy { $0.expected == number } }

  /// Publishes `count` messages and waits until every subscriber has every one.
  func run(count: Int) throws -> Outcome {
    let before = (deliveries, missing, repeated)
    let start = Generator.now
    limit = published + count
    try publishMore()
    do {
      try generator.run("deliveries") { complete == limit }
    } catch LoadError.timedOut {
      missing = before.1 + count * subscribers.count - (deliveries - before.0)
    }
    return Outcome(
      messages: deliveries - before.0, seconds: Generator.now - start, missing: missing - before.1,
      repeated: repeated - before.2)
  }

  private func publishMore() throws {
    guard let publisher else { return }
    let count = min(limit - published, window - (published - complete), publisher.room)
    if count <= 0 { return }
    for number in published..<published + count { counts[number & 4095] = 0 }
    published += count
    try publisher.publish(published - count..<published)
  }

  func delivered(_ number: Int, to subscriber: Subscriber) {
    let expected = subscriber.expected ?? number
    if number == expected {
      subscriber.expected = number + 1
      deliveries += 1
      counts[number & 4095] += 1
      while complete < published, counts[complete & 4095] == subscribers.count { complete += 1 }
    } else if number > expected {
      missing += number - expected
      subscriber.expected = number + 1
      deliveries += 1
      counts[number & 4095] += 1
    } else {
      repeated += 1
    }
  }
}
