public import TsuzuriText

/// Scores the lines of texts, each by itself: how likely is it as a whole text?
///
/// A line begins after `<eos>` and knows nothing of the lines before it. Its end is not scored, except at the whitespace
/// level, where `<eos>` ends each line: what comes out is what `Evaluator` sums up for a text of this line alone.
public final class LineScorer {
  /// One line, and how likely it is.
  public struct ScoredLine: Sendable, Hashable {
    /// Its number in its text, from 1.
    public var number: Int
    /// The line, normalised and without its end; `<unk>` for a word that a closed vocabulary lacks.
    public var text: String
    /// The scored tokens.
    public var tokens: Int
    /// ln P of the line: the sum over its scored tokens.
    public var logProbability: Double
  }

  private let scorer: any TokenScorer
  private let tokenizer: Tokenizer
  private let threads: Int

  /// A scorer of lines.
  ///
  /// - Parameters:
  ///   - scorer: the model; at the whitespace level it scores `<eos>`, elsewhere not.
  ///   - tokenizer: the tokenizer that belongs to it.
  ///   - threads: how many threads cut the text into tokens.
  public init(scorer: any TokenScorer, tokenizer: Tokenizer, threads: Int = 1) {
    self.scorer = scorer
    self.tokenizer = tokenizer
    self.threads = threads
  }

  /// Scores the lines of a text, empty ones included.
  ///
  /// - Parameters:
  ///   - source: the text.
  ///   - onLine: is told each line, in the order of the text.
  /// - Throws: `TextError` for a text that cannot be read, what the model throws, and what `onLine` throws.
  public func score(_ source: TextSource, onLine: (ScoredLine) throws -> Void) throws {
    let ends = Set(tokenizer.vocabulary.lineEnds)
    let scoresEnd = tokenizer.level.scoresEndOfText
    var number = 0
    var line: [Int32] = []
    func finish(_ end: Int32?) throws {
      number += 1
      scorer.reset()
      let scored = scoresEnd ? line + (end.map { [$0] } ?? []) : line
      let losses = scored.isEmpty ? [] : try scorer.score(scored)
      try onLine(
        ScoredLine(
          number: number, text: try tokenizer.decode(line), tokens: scored.count,
          logProbability: losses.reduce(0) { $0 - Double($1) }))
      line.removeAll(keepingCapacity: true)
    }
    try tokenizer.encode(source, threads: threads) { block in
      for id in block.ids {
        if ends.contains(id) { try finish(id) } else { line.append(id) }
      }
    }
    if !line.isEmpty { try finish(nil) }
  }
}
