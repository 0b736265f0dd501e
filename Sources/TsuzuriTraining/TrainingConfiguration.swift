public import TsuzuriModel

/// Everything that decides how a model is trained, apart from its shape and its text.
public struct TrainingConfiguration: Codable, Sendable, Hashable {
  /// When a checkpoint is due.
  public enum CheckpointInterval: Codable, Sendable, Hashable {
    /// After so many steps.
    case steps(Int)
    /// After so many seconds.
    case seconds(Double)
  }

  /// B, the number of lanes.
  public var batchSize: Int
  /// T, the window of truncated backpropagation through time.
  public var sequenceLength: Int
  /// Whether windows have random lengths around T, with the rate in proportion (Merity, Keskar & Socher 2018).
  public var hasRandomWindows: Bool
  /// The rule that moves the parameters.
  public var optimizer: OptimizerChoice
  /// The rate that the schedule varies.
  public var learningRate: Double
  /// How the rate changes over the run.
  public var schedule: LearningRateSchedule
  /// The bounds on the gradient.
  public var clipping: GradientClipping
  /// How often the text is gone through at most.
  public var epochs: Int
  /// The largest number of steps; nil for no such bound.
  public var maximumSteps: Int?
  /// The longest time; nil for no such bound.
  public var timeLimitSeconds: Double?
  /// When the model is measured on the validation text.
  public var validationInterval: ValidationInterval
  /// How many validations in a row may bring no lower loss before the run ends; nil for any number.
  public var patience: Int?
  /// How many tokens each step draws, to which, beside the targets, the softmax is bounded; nil for all tokens.
  public var sampledTokens: Int?
  /// What the weights are drawn from.
  public var initialWeights: InitialWeights
  /// When checkpoints are due.
  public var checkpointInterval: CheckpointInterval
  /// After how many steps a line is written to the log.
  public var reportInterval: Int
  /// How often a run that diverges goes back to its last good state, each time with half the learning rate, before it gives
  /// up; 0 gives up at once.
  public var divergenceRetries: Int
  /// After how many steps a new good state is kept.
  public var goodStateInterval: Int
  /// What initial weights and dropout are drawn from.
  public var seed: UInt64
  /// Into how many shares the lanes are divided. Sums are formed share by share, so the number is part of the result;
  /// how many threads work on the shares is not.
  public var shares: Int

  /// A configuration; the defaults are the command's.
  public init(
    batchSize: Int = 32, sequenceLength: Int = 64, optimizer: OptimizerChoice = .adamW(AdamW.Options()),
    learningRate: Double = 0.002, schedule: LearningRateSchedule = .cosine(),
    clipping: GradientClipping = GradientClipping(maximumNorm: 1), epochs: Int = 10, maximumSteps: Int? = nil,
    timeLimitSeconds: Double? = nil, checkpointInterval: CheckpointInterval = .seconds(60), reportInterval: Int = 50,
    divergenceRetries: Int = 5, goodStateInterval: Int = 1000, seed: UInt64 = 1, shares: Int = 2,
    hasRandomWindows: Bool = false, validationInterval: ValidationInterval = .epochs(1), patience: Int? = nil,
    initialWeights: InitialWeights = .standard, sampledTokens: Int? = nil
  ) {
    self.hasRandomWindows = hasRandomWindows
    self.batchSize = batchSize
    self.sequenceLength = sequenceLength
    self.optimizer = optimizer
    self.learningRate = learningRate
    self.schedule = schedule
    self.clipping = clipping
    self.epochs = epochs
    self.maximumSteps = maximumSteps
    self.timeLimitSeconds = timeLimitSeconds
    self.checkpointInterval = checkpointInterval
    self.reportInterval = reportInterval
    self.divergenceRetries = divergenceRetries
    self.goodStateInterval = goodStateInterval
    self.seed = seed
    self.shares = shares
    self.validationInterval = validationInterval
    self.patience = patience
    self.initialWeights = initialWeights
    self.sampledTokens = sampledTokens
  }

  /// The longest window.
  package var longestWindow: Int { hasRandomWindows ? sequenceLength + RandomWindows.excess : sequenceLength }

  /// Checks every number.
  ///
  /// - Throws: `OptimizationError` for the first that cannot be.
  public func validate() throws {
    func require(_ holds: Bool, _ option: String, _ expected: String, _ found: Double) throws {
      try OptimizationError.require(holds, option: option, expected: expected, found: found)
    }
    try require((1...1_000_000).contains(batchSize), "--batch-size", "a number from 1 to 1000000", Double(batchSize))
    try require(
      (1...1_000_000).contains(sequenceLength), "--sequence-length", "a number from 1 to 1000000",
      Double(sequenceLength))
    try require(
      SinglePrecision.isPositive(learningRate), "--learning-rate", SinglePrecision.positive, learningRate)
    try require(epochs > 0, "--epochs", "a number of 1 or more", Double(epochs))
    try require(maximumSteps ?? 1 > 0, "--max-steps", "a number of 1 or more", Double(maximumSteps ?? 0))
    let seconds = timeLimitSeconds ?? 1
    try require(seconds > 0 && seconds.isFinite, "--time-limit", "a positive finite number of seconds", seconds)
    try require(
      validationInterval.number > 0, "--validate-every", "a number of steps or epochs, 1 or more",
      Double(validationInterval.number))
    try require(patience ?? 1 > 0, "--patience", "a number of validations, 1 or more", Double(patience ?? 0))
    try require(
      sampledTokens ?? 1 > 0, "--sampled-softmax", "a number of tokens, 1 or more, or none", Double(sampledTokens ?? 0))
    if case .uniform(let bound) = initialWeights {
      try require(
        bound > 0 && Float(bound).isFinite, "--initial-weights uniform", "a positive finite bound", bound)
    }
    switch checkpointInterval {
    case .steps(let steps):
      try require(
        steps > 0, "--checkpoint-every", "a number of steps, 1 or more, or seconds such as 60s",
        Double(steps))
    case .seconds(let seconds):
      try require(
        seconds > 0 && seconds.isFinite, "--checkpoint-every", "a number of steps, 1 or more, or seconds such as 60s",
        seconds)
    }
    try require(reportInterval > 0, "the interval of reports", "a number of steps, 1 or more", Double(reportInterval))
    try require(
      (0...1000).contains(divergenceRetries), "--divergence-retries", "a number from 0 to 1000",
      Double(divergenceRetries))
    try require(goodStateInterval > 0, "the interval of good states", "1 or more", Double(goodStateInterval))
    try require((1...4096).contains(shares), "--shares", "a number from 1 to 4096", Double(shares))
    try optimizer.validate()
    try schedule.validate()
    _ = try GradientClipping(clipNorm: clipping.maximumNorm ?? 0, clipValue: clipping.maximumValue ?? 0)
  }

  /// Checks all numbers, and that a model of that shape can be trained so.
  ///
  /// - Throws: `OptimizationError` for the first that cannot be.
  public func validate(for model: ModelConfiguration) throws {
    try validate()
    guard sampledTokens != nil else { return }
    let found: String? =
      if !model.adaptiveCutoffs.isEmpty {
        "an adaptive softmax"
      } else if model.isBidirectional {
        "a bidirectional model"
      } else if model.regularization.labelSmoothing > 0 {
        "label smoothing"
      } else {
        nil
      }
    if let found { throw OptimizationError.unsuitableModel(option: "--sampled-softmax", found: found) }
  }
}

extension TrainingConfiguration {
  /// Reads a configuration; what came after the first version may be absent.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      batchSize: try values.decode(Int.self, forKey: .batchSize),
      sequenceLength: try values.decode(Int.self, forKey: .sequenceLength),
      optimizer: try values.decode(OptimizerChoice.self, forKey: .optimizer),
      learningRate: try values.decode(Double.self, forKey: .learningRate),
      schedule: try values.decode(LearningRateSchedule.self, forKey: .schedule),
      clipping: try values.decode(GradientClipping.self, forKey: .clipping),
      epochs: try values.decode(Int.self, forKey: .epochs),
      maximumSteps: try values.decodeIfPresent(Int.self, forKey: .maximumSteps),
      timeLimitSeconds: try values.decodeIfPresent(Double.self, forKey: .timeLimitSeconds),
      checkpointInterval: try values.decode(CheckpointInterval.self, forKey: .checkpointInterval),
      reportInterval: try values.decode(Int.self, forKey: .reportInterval),
      divergenceRetries: try values.decode(Int.self, forKey: .divergenceRetries),
      goodStateInterval: try values.decode(Int.self, forKey: .goodStateInterval),
      seed: try values.decode(UInt64.self, forKey: .seed), shares: try values.decode(Int.self, forKey: .shares),
      hasRandomWindows: try values.decodeIfPresent(Bool.self, forKey: .hasRandomWindows) ?? false,
      validationInterval: try values.decodeIfPresent(ValidationInterval.self, forKey: .validationInterval)
        ?? .epochs(1),
      patience: try values.decodeIfPresent(Int.self, forKey: .patience),
      initialWeights: try values.decodeIfPresent(InitialWeights.self, forKey: .initialWeights) ?? .standard,
      sampledTokens: try values.decodeIfPresent(Int.self, forKey: .sampledTokens))
  }
}
