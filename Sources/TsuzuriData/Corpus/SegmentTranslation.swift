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

  /// Appends the tokens of the numbered segments.
  ///
  /// - Returns: how many of the segments have no token of their own.
  func append(_ numbers: SegmentNumbers, to ids: inout [Int32]) -> Int {
    var unknown = 0
    entries.withUnsafeBufferPointer { entries in
      numbers.forEach { number in
        let id = number.map { entries[$0] } ?? Vocabulary.endOfText
        if id >= 0 {
          ids.append(id)
        } else {
          unknown += 1
          ids.append(contentsOf: spelledIDs[spellings[Int(-1 - id)]])
        }
      }
    }
    return unknown
  }
}
