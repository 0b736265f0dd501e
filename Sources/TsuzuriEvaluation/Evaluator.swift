public import TsuzuriModel
public import TsuzuriText

/// Measures a model on texts, which are read as one: `<eos>` is fed before the first and between two, and the state is
/// carried through all of them.
///
/// Every token is scored once, from all the tokens before it. `<eos>` is not scored, except at the whitespace level,
/// where it ends each line, as in the literature.
public final class Evaluator {
  /// One scored token.
  public struct ScoredToken: Sendable, Hashable {
    /// The token's id.
    public var id: Int32
    /// −log P of the token, in nats.
    public var nats: Float
    /// What is to be known of it.
    public var flags: TokenFlags
  }

  private let tokenizer: Tokenizer
  private let threads: Int
  private let scorer: SequenceScorer
  private var isFirst = true
  private var losses: [Float] = []

  /// The result so far.
  public private(set) var evaluation = Evaluation()

  /// An evaluator before the first text.
  ///
  /// - Parameters:
  ///   - model: what is measured.
  ///   - tokenizer: the tokenizer that belongs to it.
  ///   - window: after how many tokens the state is set to zero; nil carries it from beginning to end.
  ///   - threads: how many threads cut the text into tokens, and share the model's products; the result does not depend on it.
  public init(model: LanguageModel, tokenizer: Tokenizer, window: Int? = nil, threads: Int = 1) {
    self.tokenizer = tokenizer
    self.threads = threads
    scorer = SequenceScorer(
      model: model, scoresEndOfText: tokenizer.level == .whitespace, resetInterval: window, threads: threads)
  }

  /// Scores a text.
  ///
  /// - Parameters:
  ///   - source: the text.
  ///   - onToken: is told each scored token, in the order of the text.
  /// - Throws: `TextError` for a text that cannot be read, and what `onToken` throws.
  public func evaluate(_ source: TextSource, onToken: ((ScoredToken) throws -> Void)? = nil) throws {
    // At the whitespace level the line's end has already stood between the texts.
    if !isFirst && tokenizer.level != .whitespace { _ = try scorer.score([SequenceScorer.endOfText]) }
    isFirst = false
    let counts = try tokenizer.encode(source, threads: threads) { block in
      try score(block, onToken: onToken)
    }
    evaluation.characters += counts.scalars
    evaluation.bytes += counts.utf8
  }

  private func score(_ block: EncodedBlock, onToken: ((ScoredToken) throws -> Void)?) throws {
    losses = try scorer.score(block.ids)
    for (i, id) in block.ids.enumerated() {
      let nats = losses[i]
      let flags = block.flags[i]
      evaluation.tokens += 1
      evaluation.nats += Double(nats)
      if flags.contains(.unknown) || flags.contains(.spelled) {
        if flags.contains(.segmentStart) { evaluation.unknownTokens += 1 }
      } else {
        evaluation.knownTokens += 1
        evaluation.knownNats += Double(nats)
      }
      try onToken?(ScoredToken(id: id, nats: nats, flags: flags))
    }
  }
}

extension LanguageModel {
  /// Measures the model on one text.
  public func evaluate(_ source: TextSource, tokenizer: Tokenizer, window: Int? = nil) throws -> Evaluation {
    let evaluator = Evaluator(model: self, tokenizer: tokenizer, window: window)
    try evaluator.evaluate(source)
    return evaluator.evaluation
  }
}
