internal import TsuzuriText

/// A text that a search has come to the end of.
struct FinishedText {
  let text: String
  /// How many tokens it has, without the `<eos>` that ends it.
  let tokens: Int
  let reason: FinishReason
  /// ln P of these tokens.
  let logProbability: Double
  let score: Double
  private let ids: [Int32]

  /// A text that ends here with all that was held back; `whole` is its ln P with the `<eos>` that ends it.
  init(
    _ text: SampleText, _ logProbability: Double, _ reason: FinishReason, _ search: BeamSearch, whole: Double? = nil
  ) {
    var text = text
    let end = text.finish(reason).end ?? reason
    self.init(
      text, logProbability, end,
      score: search.score(
        whole ?? logProbability, tokens: text.tokens + (whole == nil ? 0 : 1)))
  }

  /// A text that has ended itself.
  init(closed text: SampleText, _ logProbability: Double, _ reason: FinishReason, _ search: BeamSearch) {
    self.init(text, logProbability, reason, score: search.score(logProbability, tokens: text.tokens))
  }

  private init(_ text: SampleText, _ logProbability: Double, _ reason: FinishReason, score: Double) {
    self.text = text.text
    self.logProbability = logProbability
    self.reason = reason
    self.score = score
    tokens = text.tokens
    ids = text.history
  }

  /// The best of some, the best first.
  static func best(_ count: Int, of texts: [FinishedText]) -> [FinishedText] {
    Array(texts.sorted(by: precedes).prefix(count))
  }

  /// The better first; of equals the one whose tokens come first, so that nothing is left to chance.
  private static func precedes(_ a: FinishedText, _ b: FinishedText) -> Bool {
    a.score != b.score ? a.score > b.score : a.ids.lexicographicallyPrecedes(b.ids)
  }
}
