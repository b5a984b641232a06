internal import CHalleyShims

/// What the whole process does with its memory: for programs that are a server and nothing else.
package enum ProcessMemory {
  /// Large blocks go back to the system when they are freed, so that one large message does not stay for good.
  package static func returnLargeBlocks() { halley_memory_fix_threshold() }
}
