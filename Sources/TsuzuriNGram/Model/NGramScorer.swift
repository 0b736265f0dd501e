public import TsuzuriEvaluation
internal import TsuzuriText

/// Scores a text token by token with an n-gram model: −log P(token | the tokens before it in its document).
///
/// A text is scored after `<eos>`, as by `SequenceScorer`.
public final class NGramScorer: TokenScorer {
  private let model: NGramModel
  private let scoresEndOfText: Bool
  private let resetInterval: Int?
  private var context: NGramContext
  private var sinceReset = 0

  /// A scorer before the first token of a text.
  ///
  /// - Parameters:
  ///   - model: what gives the probabilities.
  ///   - scoresEndOfText: whether `<eos>` inside the text is scored, as at the whitespace level, where it ends lines.
  ///   - resetInterval: after how many tokens all but the last one is forgotten; nil never.
  public init(model: NGramModel, scoresEndOfText: Bool = false, resetInterval: Int? = nil) {
    precondition(resetInterval ?? 1 > 0, "a reset every \(resetInterval ?? 0) tokens was asked for")
    self.model = model
    self.scoresEndOfText = scoresEndOfText
    self.resetInterval = resetInterval
    context = model.start
  }

  /// Forgets everything: the next token is the first of a text.
  public func reset() {
    context = model.start
    sinceReset = 0
  }

  /// Scores the next tokens of the text; 0 for one that is not scored.
  ///
  /// - Throws: ``NGramError/tokenOutOfRange(id:vocabularySize:)``; then none of the tokens was scored.
  public func score(_ tokens: [Int32]) throws -> [Float] {
    for id in tokens { try model.check(id) }
    return try tokens.map { id in
      let logProbability = try model.advance(&context, by: id)
      sinceReset += 1
      if sinceReset == resetInterval {
        context.keepLastToken()
        sinceReset = 0
      }
      return id == Vocabulary.endOfText && !scoresEndOfText ? 0 : Float(-logProbability)
    }
  }
}
