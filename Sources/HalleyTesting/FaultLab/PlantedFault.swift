/// An error that the lab makes on purpose, to show that its checker sees errors of this kind.
public enum PlantedFault: String, Sendable, Hashable, CaseIterable {
  // MARK: In the server

  /// A subscriber that attaches misses the first message after its cursor.
  case gapAtAttach = "gap-at-attach"
  /// A subscriber that attaches gets what is pending although its replay has it.
  case duplicateAtAttach = "duplicate-at-attach"
  /// A lagging subscriber is refilled without one of the messages.
  case skippedOnRefill = "skipped-on-refill"
  /// A full queue drops messages and the subscriber stays live.
  case droppedWhenFull = "dropped-when-full"
  /// A subscriber that has caught up is never put back among the live ones.
  case forgottenAfterRefill = "forgotten-after-refill"
  /// Two messages of one turn change places.
  case reordered = "reordered"
  /// A live message is sent twice.
  case repeated = "repeated"
  /// One byte of a payload changes.
  case altered = "altered"
  /// A message goes out without its id.
  case idMissing = "id-missing"
  /// The server remembers what it has answered, and the next poll goes on from there, whatever its cursor.
  case lostAnswerConsumes = "lost-answer-consumes"
  /// An answer that holds a part of the batch says the position after the whole.
  case cursorAfterWholeBatch = "cursor-after-whole-batch"
  /// A welcome takes the place of a reset.
  case resetSwallowed = "reset-swallowed"
  /// A reset is sent although the log holds everything.
  case resetWithoutReason = "reset-without-reason"
  /// A cursor of another epoch counts as one of this epoch.
  case wrongEpochAccepted = "wrong-epoch-accepted"
  /// The query's stale cursor wins over the last event id (rule R6).
  case staleCursorWins = "stale-cursor-wins"
  /// A repeated publish is appended again.
  case publishedTwice = "published-twice"

  /// A channel begins a new epoch, and nobody who is connected is told.
  case epochNotTold = "epoch-not-told"

  // MARK: In what takes time

  /// Messages are held longer than `history.age` says.
  case ageIgnored = "age-ignored"
  /// A cursor whose messages have expired goes on from the newest, as if nothing had been missed.
  case expiryNotTold = "expiry-not-told"
  /// A stream stops getting messages before it rotates, and is then told the newest position.
  case rotationLoses = "rotation-loses"
  /// Streams live for ever.
  case neverRotated = "never-rotated"
  /// A connection gets one heartbeat and no further one.
  case heartbeatForgotten = "heartbeat-forgotten"
  /// A held poll is not answered when its time is over.
  case holdForgotten = "hold-forgotten"
  /// A held poll is answered too early.
  case holdCutShort = "hold-cut-short"
  /// A feed lets go of its channels 250 ms after the first subscriber has left, whoever is still there.
  case releasedInUse = "released-in-use"
  /// Channels are forgotten although a subscriber is live.
  case forgottenInUse = "forgotten-in-use"

  // MARK: In what happens to slow readers

  /// Of waiting messages with one key not even the newest is sent, now and then.
  case conflationDropsLast = "conflation-drops-last"
  /// Waiting messages without a key replace each other too.
  case conflatesWithoutKey = "conflates-without-key"
  /// The queue of a slow reader is dropped, and its connection goes on.
  case droppedNotEnded = "dropped-not-ended"

  // MARK: In the client

  /// The cursor of an answer counts before its messages have come.
  case cursorBeforeDelivery = "cursor-before-delivery"
  /// Messages at or below the cursor are delivered again.
  case duplicatesKept = "duplicates-kept"
  /// A reset changes nothing but the cursor, and the page is not told.
  case resetNotTold = "reset-not-told"
}
