/// Ends a text that arrives in pieces before the first stop text, however that is cut into pieces.
///
/// The stop text that is *completed* first ends the text; of two that are completed by the same byte, the longer one.
/// What may be the beginning of a stop text is held back until that is decided, and nothing else is.
///
/// - Complexity: O(1) for each byte and stop text, on average over the text.
struct StopMatcher {
  private var stops: [TextPattern]
  /// UTF-8 that is not let out yet. It is cut between scalars only: a match begins with a scalar's first byte and ends
  /// with its last one, since text and stop texts are both valid.
  private var pending: [UInt8] = []

  init(_ texts: [String]) {
    stops = texts.map(TextPattern.init)
  }

  /// Adds a piece; returns what can be shown by now, and whether a stop text ended the text. Where none may end it yet, one
  /// that is complete is text like any other.
  mutating func append(_ piece: String, mayStop: Bool = true) -> (text: String, isStopped: Bool) {
    if stops.isEmpty { return (piece, false) }
    for byte in piece.utf8 {
      pending.append(byte)
      var complete = 0
      for index in stops.indices where stops[index].advance(byte) { complete = max(complete, stops[index].count) }
      if complete > 0, mayStop {
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
