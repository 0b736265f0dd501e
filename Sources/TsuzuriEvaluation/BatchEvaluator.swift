public import TsuzuriModel
public import TsuzuriText

/// What measures texts one after the other and tells what it has found so far.
public protocol TextEvaluator: AnyObject {
  /// The result so far.
  var evaluation: Evaluation { get }

  /// Scores a text.
  ///
  /// - Parameters:
  ///   - source: the text.
  ///   - onToken: is told each scored token, in the order of the texts, then or later.
  /// - Throws: `TextError` for a text that cannot be read, and what `onToken` throws.
  func evaluate(_ source: TextSource, onToken: ((Evaluator.ScoredToken) throws -> Void)?) throws

  /// Scores what still waits: to be called after the last text.
  ///
  /// - Throws: what `onToken` throws.
  func finish(onToken: ((Evaluator.ScoredToken) throws -> Void)?) throws
}

extension Evaluator: TextEvaluator {}

/// Measures a model on texts that have nothing to do with each other, many of them side by side.
///
/// Each text is read by itself, from a state of zeros after `<eos>`: so the sums are those of evaluations of each text alone. To a
/// model whose documents are lines, each line is such a text, and the sums are those of an `Evaluator`.
public final class BatchEvaluator: TextEvaluator {
  /// The result so far.
  public private(set) var evaluation = Evaluation()
  private let tokenizer: Tokenizer
  private let lanes: Int
  private let threads: Int
  private let scorer: BatchScorer
  /// The tokens behind which another text begins.
  private let ends: Set<Int32>
  /// The texts that wait to be scored.
  private var ids: [[Int32]] = []
  private var flags: [[TokenFlags]] = []
  private var waitingTokens = 0
  /// So many tokens for each lane are scored at once: what the longest text leaves idle is little beside it.
  private static let tokensOfALane = 4096

  /// An evaluator before the first text.
  ///
  /// - Parameters:
  ///   - model: what is measured; it must have one direction.
  ///   - tokenizer: the tokenizer that belongs to it.
  ///   - lanes: how many texts lie side by side; the result does not depend on it.
  ///   - threads: how many threads cut the texts into tokens, and share the model's products.
  public init(model: LanguageModel, tokenizer: Tokenizer, lanes: Int, threads: Int = 1) {
    self.tokenizer = tokenizer
    self.lanes = lanes
    self.threads = threads
    ends = Set(model.configuration.resetTokens)
    scorer = BatchScorer(
      model: model, lanes: lanes, scoresEndOfText: tokenizer.level.scoresEndOfText, threads: threads)
  }

  /// Takes a text, and scores those that wait when there are enough. Characters and bytes count at once, nats when they are
  /// scored: what is told by character or byte holds after ``finish(onToken:)``.
  ///
  /// - Throws: `TextError` for a text that cannot be read, and what `onToken` throws.
  public func evaluate(_ source: TextSource, onToken: ((Evaluator.ScoredToken) throws -> Void)? = nil) throws {
    begin()
    let counts = try tokenizer.encode(source, threads: threads) { block in
      for (id, flag) in zip(block.ids, block.flags) {
        ids[ids.count - 1].append(id)
        flags[flags.count - 1].append(flag)
        if ends.contains(id) { begin() }
      }
      waitingTokens += block.ids.count
      // The text at the end may go on.
      if isEnough { try score(butLast: true, onToken) }
    }
    evaluation.characters += counts.scalars
    evaluation.bytes += counts.utf8
    if isEnough { try score(butLast: false, onToken) }
  }

  /// Scores all that wait.
  ///
  /// - Throws: what `onToken` throws.
  public func finish(onToken: ((Evaluator.ScoredToken) throws -> Void)? = nil) throws {
    try score(butLast: false, onToken)
  }

  private func begin() {
    ids.append([])
    flags.append([])
  }

  private var isEnough: Bool { waitingTokens >= lanes * Self.tokensOfALane && ids.count > lanes }

  private func score(butLast: Bool, _ onToken: ((Evaluator.ScoredToken) throws -> Void)?) throws {
    let count = butLast ? ids.count - 1 : ids.count
    let losses = try scorer.score(Array(ids[..<count]))
    for text in 0..<count {
      for (index, id) in ids[text].enumerated() {
        let token = Evaluator.ScoredToken(id: id, nats: losses[text][index], flags: flags[text][index])
        evaluation.count(token)
        try onToken?(token)
      }
    }
    ids.removeFirst(count)
    flags.removeFirst(count)
    waitingTokens = ids.reduce(0) { $0 + $1.count }
  }
}
