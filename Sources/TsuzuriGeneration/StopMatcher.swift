/// Ends a text that arrives in pieces before the first stop text, however that is cut into pieces.
///
/// The stop text that is *completed* first ends the text; of two that are completed by the same byte, the longer one.
/// What may be the beginning of a stop text is held back until that is decided, and nothing else is.
///
/// - Complexity: for each byte, the sum of the stop texts' lengths at worst; usually their number.
struct StopMatcher {
  /// UTF-8. A match begins at a scalar's first byte and ends at its last one, since text and stops are valid.
  private let stops: [[UInt8]]
  private var pending: [UInt8] = []

  init(_ texts: [String]) {
    stops = texts.map { Array($0.utf8) }
  }

  /// Adds a piece; returns what can be shown by now, and whether a stop text ended the text.
  mutating func append(_ piece: String) -> (text: String, isStopped: Bool) {
    if stops.isEmpty { return (piece, false) }
    for byte in piece.utf8 {
      pending.append(byte)
      let length = longestEnding { [$0.count] }
      if length > 0 {
        defer { pending.removeAll() }
        return (String(decoding: pending.dropLast(length), as: UTF8.self), true)
      }
    }
    let ready = pending.count - longestEnding { (1..<$0.count).reversed() }
    defer { pending.removeSubrange(..<ready) }
    return (String(decoding: pending[..<ready], as: UTF8.self), false)
  }

  /// Ends the text: what was held back begins no stop text any more.
  mutating func finish() -> String {
    defer { pending.removeAll() }
    return String(decoding: pending, as: UTF8.self)
  }

  /// The length of the longest beginning of a stop text that ends what is pending; 0 where there is none. `lengths`
  /// gives the lengths to look at, the longest first.
  private func longestEnding<Lengths: Sequence<Int>>(of lengths: ([UInt8]) -> Lengths) -> Int {
    var longest = 0
    for stop in stops {
      for length in lengths(stop) where length > longest && length <= pending.count {
        if pending.suffix(length) == stop.prefix(length) {
          longest = length
          break
        }
      }
    }
    return longest
  }
}
