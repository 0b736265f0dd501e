/// Ends a text that arrives in pieces before the first stop text, however that is cut into pieces.
///
/// The stop text that is *completed* first ends the text; of two that are completed by the same byte, the longer one.
/// What may be the beginning of a stop text is held back until that is decided, and nothing else is.
///
/// - Complexity: O(1) for each byte and stop text, on average over the text.
struct StopMatcher {
  private var stops: [StopText]
  /// UTF-8 that is not let out yet. It is cut between scalars only: a match begins with a scalar's first byte and ends
  /// with its last one, since text and stop texts are both valid.
  private var pending: [UInt8] = []

  init(_ texts: [String]) {
    stops = texts.map(StopText.init)
  }

  /// Adds a piece; returns what can be shown by now, and whether a stop text ended the text.
  mutating func append(_ piece: String) -> (text: String, isStopped: Bool) {
    if stops.isEmpty { return (piece, false) }
    for byte in piece.utf8 {
      pending.append(byte)
      var complete = 0
      for index in stops.indices where stops[index].advance(byte) { complete = max(complete, stops[index].count) }
      if complete > 0 {
        defer { pending.removeAll() }
        return (String(decoding: pending.dropLast(complete), as: UTF8.self), true)
      }
    }
    let ready = pending.count - stops.reduce(0) { max($0, $1.matched) }
    defer { pending.removeSubrange(..<ready) }
    return (String(decoding: pending[..<ready], as: UTF8.self), false)
  }

  /// Ends the text: what was held back begins no stop text any more.
  mutating func finish() -> String {
    defer { pending.removeAll() }
    return String(decoding: pending, as: UTF8.self)
  }
}

/// A text that is looked for byte by byte.
///
/// Source: Knuth, Morris & Pratt 1977, "Fast pattern matching in strings".
private struct StopText {
  private let bytes: [UInt8]
  /// `borders[n − 1]` is the length of the longest beginning of the first n bytes that ends them too, n not counted.
  private let borders: [Int]
  /// The length of the longest beginning that ends what was read so far.
  private(set) var matched = 0

  var count: Int { bytes.count }

  init(_ text: String) {
    let bytes = Array(text.utf8)
    var borders = [Int](repeating: 0, count: bytes.count)
    var border = 0
    for index in bytes.indices.dropFirst() {
      while border > 0 && bytes[border] != bytes[index] { border = borders[border - 1] }
      if bytes[border] == bytes[index] { border += 1 }
      borders[index] = border
    }
    self.bytes = bytes
    self.borders = borders
  }

  /// Reads a byte; whether it completes the text, after which no more is to be read.
  mutating func advance(_ byte: UInt8) -> Bool {
    while matched > 0 && bytes[matched] != byte { matched = borders[matched - 1] }
    if bytes[matched] == byte { matched += 1 }
    return matched == bytes.count
  }
}
