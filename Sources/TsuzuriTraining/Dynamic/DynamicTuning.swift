internal import TsuzuriEvaluation
public import TsuzuriModel

/// Looks for the η and λ under which a text is likeliest to a network that learns from it; not the text that is then measured.
///
/// One number after the other is doubled as long as that helps, or halved: first η, then λ, then η once more in steps of √2.
/// Each trial is a pass through the text.
public struct DynamicTuning {
  private let model: LanguageModel
  private let statistics: GradientStatistics
  private let start: DynamicScorer.Options
  private let findsRate, findsDecay: Bool
  private let scoresEndOfText: Bool
  private let threads: Int

  /// A search that begins with `start`.
  ///
  /// - Parameters:
  ///   - model: the network; it must have one direction and weights of single precision.
  ///   - statistics: of its gradients.
  ///   - start: the numbers to begin with.
  ///   - findsRate: whether η is to be found; else it stays.
  ///   - findsDecay: the same of λ.
  ///   - scoresEndOfText: whether `<eos>` inside the text is scored, as at the whitespace level.
  ///   - threads: how many share the update; the losses do not depend on it.
  public init(
    model: LanguageModel, statistics: GradientStatistics, from start: DynamicScorer.Options = .init(),
    findsRate: Bool = true, findsDecay: Bool = true, scoresEndOfText: Bool = false, threads: Int = 1
  ) {
    self.model = model
    self.statistics = statistics
    self.start = start
    self.findsRate = findsRate
    self.findsDecay = findsDecay
    self.scoresEndOfText = scoresEndOfText
    self.threads = threads
  }

  /// Goes through the text again and again.
  ///
  /// - Parameters:
  ///   - onTrial: is told the mean loss of each pass.
  ///   - pass: gives the text's tokens each time.
  /// - Returns: the best numbers of all that were tried.
  /// - Throws: `ModelError.tokenOutOfRange`, and what `pass` throws.
  public func run(
    onTrial: (DynamicScorer.Options, Double) -> Void = { _, _ in },
    _ pass: (_ take: ([Int32]) throws -> Void) throws -> Void
  ) throws -> DynamicScorer.Options {
    var known: [DynamicScorer.Options: Double] = [:]
    func nats(_ options: DynamicScorer.Options) throws -> Double {
      if let found = known[options] { return found }
      let scorer = DynamicScorer(
        model: model, statistics: statistics, options: options, scoresEndOfText: scoresEndOfText, threads: threads)
      var (sum, count) = (0.0, 0)
      try pass { tokens in
        for (token, loss) in zip(tokens, try scorer.score(tokens)) where scorer.isScored(token) {
          sum += Double(loss)
          count += 1
        }
      }
      // What runs away is no number.
      let mean = count > 0 && sum.isFinite ? sum / Double(count) : .infinity
      known[options] = mean
      onTrial(options, mean)
      return mean
    }
    var best = start
    func climb(_ number: WritableKeyPath<DynamicScorer.Options, Double>, by factor: Double, atMost steps: Int) throws {
      for factor in [factor, 1 / factor] {
        let before = best
        for _ in 0..<steps {
          var next = best
          next[keyPath: number] *= factor
          guard try nats(next) < nats(best) else { break }
          best = next
        }
        // What has become better upwards does not become better still downwards.
        if best != before { return }
      }
    }
    if findsRate { try climb(\.rate, by: 2, atMost: 8) }
    if findsDecay { try climb(\.decay, by: 2, atMost: 8) }
    if findsRate { try climb(\.rate, by: 2.0.squareRoot(), atMost: 1) }
    return best
  }
}
