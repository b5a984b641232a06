/// Where a subscriber stands in each channel of its set, in the order of the set. Its text is the cursor.
package struct Position: Sendable, Hashable {
  /// The last position passed in each channel.
  package private(set) var entries: [MessageID]

  package init(_ entries: [MessageID]) { self.entries = entries }

  /// Takes a step in one channel.
  package mutating func pass(_ id: MessageID, of channel: Int) { entries[channel] = id }

  /// What a reader asks for who stands here.
  package var point: ResumePoint { .after(entries) }
}

extension Position: CustomStringConvertible {
  /// The single cursors joined with `.`: at most 415 bytes for sixteen channels, below the 512 of the contract.
  package var description: String {
    entries.count == 1 ? entries[0].description : entries.map(\.description).joined(separator: ".")
  }
}
