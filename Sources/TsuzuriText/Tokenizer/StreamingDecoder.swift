/// Turns tokens into text one by one, as a model writes them.
///
/// Text comes out as soon as its UTF-8 is whole: only the bytes of an unfinished scalar wait for the next token.
/// Bytes that can never become a scalar come out as U+FFFD, one for each maximal part of a sequence (Unicode 15.0,
/// section 3.9), so that the pieces together are what decoding all at once gives.
public struct StreamingDecoder: Sendable {
  private var joiner: TokenJoiner
  private var pending: [UInt8] = []

  init(vocabulary: Vocabulary, after previous: Int32? = nil) {
    joiner = TokenJoiner(vocabulary: vocabulary, after: previous)
  }

  /// Adds a token and returns the text that is now whole, which may be empty.
  ///
  /// - Precondition: `id` is one of the vocabulary's.
  public mutating func append(_ id: Int32) -> String {
    joiner.append(id, to: &pending)
    let whole = pending.count - (UTF8Sequence.cut(atEndOf: pending)?.length ?? 0)
    let text = String(decoding: pending[..<whole], as: UTF8.self)
    pending.removeSubrange(..<whole)
    return text
  }

  /// Ends the text: what still waited is no scalar and comes out as U+FFFD.
  public mutating func finish() -> String {
    defer { pending.removeAll() }
    return String(decoding: pending, as: UTF8.self)
  }
}
