public import TsuzuriModel
public import TsuzuriText

/// Measures a model on texts, which are read as one: `<eos>` is fed before the first and between two, and the state is
/// carried through all of them.
///
/// Every token is scored once, from all the tokens before it. `<eos>` is not scored, except at the whitespace level,
/// where it ends each line, as in the literature.
///
/// A bidirectional model also scores each token from both sides, and from those behind it alone. It reads the texts in
/// windows that are counted from the beginning of the first; the backward stack starts from zeros at each window's right
/// end. A token is scored when its window is full: ``finish(onToken:)`` scores the rest.
public final class Evaluator {
  /// One scored token.
  public struct ScoredToken: Sendable, Hashable {
    /// The token's id.
    public var id: Int32
    /// −log P of the token, in nats; of a bidirectional model, by its forward stack.
    public var nats: Float
    /// What is to be known of it.
    public var flags: TokenFlags
    /// −log P of the token by both stacks of a bidirectional model, and by the backward one alone.
    public var pseudoNats: Float?
    /// See ``pseudoNats``.
    public var backwardNats: Float?
  }

  private enum Scorer {
    case oneDirection(any TokenScorer)
    case bidirectional(BidirectionalScorer)
  }

  private let tokenizer: Tokenizer
  private let threads: Int
  private let scorer: Scorer
  private var isFirst = true
  /// Tokens that were fed to a bidirectional model and are not scored yet; nil for one that never is.
  private var waiting: [(id: Int32, flags: TokenFlags)?] = []

  /// The result so far.
  public private(set) var evaluation = Evaluation()

  /// An evaluator before the first text.
  ///
  /// - Parameters:
  ///   - model: what is measured.
  ///   - tokenizer: the tokenizer that belongs to it.
  ///   - window: after how many tokens the state is set to zero; nil carries it from beginning to end. Of a bidirectional
  ///     model, the backward stack's: the forward state is always carried, and nil is
  ///     `BidirectionalScorer.defaultWindow`.
  ///   - threads: how many threads cut the text into tokens, and share the model's products; the result does not depend on it.
  public init(model: LanguageModel, tokenizer: Tokenizer, window: Int? = nil, threads: Int = 1) {
    self.tokenizer = tokenizer
    self.threads = threads
    let scoresEndOfText = tokenizer.level.scoresEndOfText
    if model.configuration.isBidirectional {
      scorer = .bidirectional(
        BidirectionalScorer(
          model: model, scoresEndOfText: scoresEndOfText, window: window ?? BidirectionalScorer.defaultWindow,
          threads: threads))
      evaluation.bidirectional = BidirectionalNats()
    } else {
      scorer = .oneDirection(
        SequenceScorer(model: model, scoresEndOfText: scoresEndOfText, resetInterval: window, threads: threads))
    }
  }

  /// An evaluator of any model that reads forwards, before the first text.
  ///
  /// - Parameters:
  ///   - scorer: what is measured, before the first token; at the whitespace level it scores `<eos>`, elsewhere not.
  ///   - tokenizer: the tokenizer that belongs to it.
  ///   - threads: how many threads cut the text into tokens.
  public init(scorer: any TokenScorer, tokenizer: Tokenizer, threads: Int = 1) {
    self.tokenizer = tokenizer
    self.threads = threads
    self.scorer = .oneDirection(scorer)
  }

  /// Scores a text.
  ///
  /// - Parameters:
  ///   - source: the text.
  ///   - onToken: is told each scored token, in the order of the text.
  /// - Throws: `TextError` for a text that cannot be read, `ModelError.tokenOutOfRange` where the tokenizer is another model's,
  ///   and what `onToken` throws.
  public func evaluate(_ source: TextSource, onToken: ((ScoredToken) throws -> Void)? = nil) throws {
    // At the whitespace level the line's end has already stood between the texts.
    if !isFirst && tokenizer.level != .whitespace { try feedEndOfText(onToken: onToken) }
    isFirst = false
    let counts = try tokenizer.encode(source, threads: threads) { block in
      try score(block, onToken: onToken)
    }
    evaluation.characters += counts.scalars
    evaluation.bytes += counts.utf8
  }

  /// Scores the tokens of the last window of a bidirectional model, which is not full: to be called after the last text.
  /// With other models there is nothing left to do.
  ///
  /// - Throws: what `onToken` throws.
  public func finish(onToken: ((ScoredToken) throws -> Void)? = nil) throws {
    guard case .bidirectional(let scorer) = scorer else { return }
    var count = 0
    try scorer.finish { try take($0, &count, onToken) }
    waiting.removeAll()
  }

  private func feedEndOfText(onToken: ((ScoredToken) throws -> Void)?) throws {
    switch scorer {
    case .oneDirection(let scorer): _ = try scorer.score([SequenceScorer.endOfText])
    case .bidirectional(let scorer):
      waiting.append(nil)
      try score([SequenceScorer.endOfText], by: scorer, onToken: onToken)
    }
  }

  private func score(_ block: EncodedBlock, onToken: ((ScoredToken) throws -> Void)?) throws {
    switch scorer {
    case .oneDirection(let scorer):
      let losses = try scorer.score(block.ids)
      for (i, id) in block.ids.enumerated() {
        try count(ScoredToken(id: id, nats: losses[i], flags: block.flags[i]), onToken)
      }
    case .bidirectional(let scorer):
      for (id, flags) in zip(block.ids, block.flags) { waiting.append((id, flags)) }
      try score(block.ids, by: scorer, onToken: onToken)
    }
  }

  private func score(
    _ ids: [Int32], by scorer: BidirectionalScorer, onToken: ((ScoredToken) throws -> Void)?
  ) throws {
    var count = 0
    try scorer.score(ids) { try take($0, &count, onToken) }
    waiting.removeFirst(count)
  }

  /// Joins the losses of the next token that waits to what is known of it.
  private func take(
    _ losses: BidirectionalScorer.Losses, _ count: inout Int, _ onToken: ((ScoredToken) throws -> Void)?
  ) throws {
    defer { count += 1 }
    guard let token = waiting[count] else { return }
    evaluation.bidirectional?.joint += Double(losses.joint)
    evaluation.bidirectional?.backward += Double(losses.backward)
    try self.count(
      ScoredToken(
        id: token.id, nats: losses.forward, flags: token.flags, pseudoNats: losses.joint, backwardNats: losses.backward),
      onToken)
  }

  private func count(_ token: ScoredToken, _ onToken: ((ScoredToken) throws -> Void)?) throws {
    evaluation.count(token)
    try onToken?(token)
  }
}

extension Evaluation {
  /// Adds a scored token.
  mutating func count(_ token: Evaluator.ScoredToken) {
    tokens += 1
    nats += Double(token.nats)
    if token.flags.contains(.unknown) || token.flags.contains(.spelled) {
      if token.flags.contains(.segmentStart) { unknownTokens += 1 }
    } else {
      knownTokens += 1
      knownNats += Double(token.nats)
    }
  }
}

extension LanguageModel {
  /// Measures the model on one text.
  ///
  /// - Parameters:
  ///   - source: the text.
  ///   - tokenizer: what its token ids stand for.
  ///   - window: after how many tokens the model forgets everything, from 1 to 1,000,000; nil carries the state to the end.
  ///     A bidirectional model's backward stack begins at the right end of each such window (nil is
  ///     `BidirectionalScorer.defaultWindow`), and its forward stack forgets nothing.
  /// - Throws: `ModelError.invalidConfiguration` for a window that cannot be, `ModelError.tokenOutOfRange` where the tokenizer
  ///   is another model's, and `TextError` for a text that cannot be read.
  public func evaluate(_ source: TextSource, tokenizer: Tokenizer, window: Int? = nil) throws -> Evaluation {
    guard (1...1_000_000).contains(window ?? 1) else {
      throw ModelError.invalidConfiguration(
        field: "window of measuring", expected: "a number of tokens from 1 to 1000000", found: "\(window ?? 0)")
    }
    let evaluator = Evaluator(model: self, tokenizer: tokenizer, window: window)
    try evaluator.evaluate(source)
    try evaluator.finish()
    return evaluator.evaluation
  }
}
