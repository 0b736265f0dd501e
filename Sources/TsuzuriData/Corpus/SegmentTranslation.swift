import TsuzuriText

/// From the numbers that a worker gave to segments to token ids.
struct SegmentTranslation: Sendable {
  /// For number i its id, or where it has none of its own, −1 − j with the ids of `spellings[j]`.
  private var entries: [Int32] = []
  private var spellings: [Range<Int>] = []
  private var spelledIDs: [Int32] = []

  /// Adds the segment with the next number.
  mutating func append(_ segment: UnsafeBufferPointer<UInt8>, by encoder: SegmentEncoder) throws {
    let start = spelledIDs.count
    let flags = try encoder.encode(segment, .text, into: &spelledIDs)
    if flags.isEmpty {
      entries.append(spelledIDs[start])
      spelledIDs.removeLast()
    } else {
      entries.append(-1 - Int32(spellings.count))
      spellings.append(start..<spelledIDs.count)
    }
  }

  /// Writes the tokens of the numbered segments.
  ///
  /// - Returns: how many of the segments have no token of their own.
  func write(_ numbers: UnsafeBufferPointer<UInt32>, to writer: TokenFileWriter) throws -> Int {
    var unknown = 0
    try withUnsafeTemporaryAllocation(of: Int32.self, capacity: 4096) { batch in
      var filled = 0
      func flush() throws {
        try writer.append(UnsafeBufferPointer(rebasing: batch[..<filled]))
        filled = 0
      }
      try entries.withUnsafeBufferPointer { entries in
        for number in numbers {
          if filled == batch.count { try flush() }
          let id = number == SpooledBlock.lineEnd ? Vocabulary.endOfText : entries[Int(number)]
          if id >= 0 {
            batch[filled] = id
            filled += 1
          } else {
            let spelling = spellings[Int(-1 - id)]
            unknown += 1
            try flush()
            try spelledIDs[spelling].withUnsafeBufferPointer { try writer.append($0) }
          }
        }
      }
      try flush()
    }
    return unknown
  }
}
