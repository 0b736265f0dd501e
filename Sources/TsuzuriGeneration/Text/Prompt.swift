internal import TsuzuriText

/// The text that a sample continues.
struct Prompt: Sendable {
  /// Its tokens, without the `<eos>` that is fed before them.
  let ids: [Int32]
  /// The token that the decoder is to think of as the last one: at the whitespace level it decides whether a blank
  /// stands before the next word, which it does not where the prompt ends in a blank itself.
  let lastForDecoder: Int32?

  init(_ text: String, _ tokenizer: Tokenizer) throws {
    ids = text.isEmpty ? [] : try tokenizer.encode(text)
    let endsInBlank = text.unicodeScalars.last?.properties.isWhitespace ?? true
    lastForDecoder = tokenizer.level == .whitespace && endsInBlank ? nil : ids.last
  }

  /// Tokens that are there already.
  init(ids: [Int32], lastForDecoder: Int32?) {
    self.ids = ids
    self.lastForDecoder = lastForDecoder
  }
}
