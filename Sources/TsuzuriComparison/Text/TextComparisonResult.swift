/// What a comparison on text came to.
public struct TextComparisonResult: Sendable, Hashable {
  /// One training run.
  public struct Run: Sendable, Hashable {
    /// The seed.
    public var seed: UInt64
    /// The validation loss in nats a token, over tokens and seconds.
    public var curve: LearningCurve
    /// Steps taken.
    public var steps: Int
    /// Tokens predicted.
    public var tokens: Int
    /// Seconds of training.
    public var seconds: Double
    /// Tokens predicted in a second of training.
    public var tokensPerSecond: Double
    /// Whether the run ended because its loss was no longer a finite number.
    public var isDiverged: Bool

    /// The lowest validation loss, whose weights `train` would keep; nil for a run that diverged.
    public var validationLoss: Double? { isDiverged ? nil : curve.lowestLoss }
  }

  /// One model with its runs.
  public struct Entry: Sendable, Hashable {
    /// The model.
    public var model: ComparedModel
    /// A run for each seed.
    public var runs: [Run]

    /// The validation loss over the seeds, those that diverged left out.
    public var validationLoss: MeanAndDeviation? { MeanAndDeviation(runs.compactMap(\.validationLoss)) }
    /// The speed over the seeds.
    public var tokensPerSecond: MeanAndDeviation? { MeanAndDeviation(runs.map(\.tokensPerSecond)) }
    /// How many runs diverged.
    public var divergedRuns: Int { runs.count(where: \.isDiverged) }
  }

  /// The models, in the order in which they were named.
  public var entries: [Entry]
  /// How many tokens were measured on.
  public var validationTokens: Int
}
