internal import Foundation
internal import TsuzuriData
internal import TsuzuriKernels
public import TsuzuriModel

/// Tries learning rates from tiny to large in one short training, and says what the loss makes of them.
///
///     rate_s = lowest · (highest / lowest)^(s / (steps − 1)),   s from 0
///
/// Every step is one of a real run, with its optimizer, clipping and dropout, from the weights that a run would begin with;
/// only the schedule is put aside; where windows are of random lengths, so are these, with the rate in proportion. It ends
/// early where the loss explodes: where the running mean of the losses is more than twice the least that it was, or a step
/// cannot be taken. Nothing is kept but the curve.
///
/// Source: Smith 2017, "Cyclical learning rates for training neural networks", section 3.3.
public struct LearningRateFinder {
  /// Which rates are tried.
  public struct Options: Sendable, Hashable {
    /// The first rate.
    public var lowest: Double
    /// The last rate.
    public var highest: Double
    /// How many rates.
    public var steps: Int

    /// Eight powers of ten, which hold the rates of every optimizer here.
    public init(lowest: Double = 1e-6, highest: Double = 100, steps: Int = 300) {
      self.lowest = lowest
      self.highest = highest
      self.steps = steps
    }

    /// Checks every number.
    ///
    /// - Throws: ``OptimizationError`` for the first that cannot be.
    public func validate() throws {
      for (option, rate) in [("--find-from", lowest), ("--find-to", highest)] {
        try OptimizationError.require(
          SinglePrecision.isPositive(rate), option: option, expected: SinglePrecision.positive, found: rate)
      }
      try OptimizationError.require(
        highest > lowest, option: "--find-to", expected: "a number above that of --find-from", found: highest)
      try OptimizationError.require(
        (10...1_000_000).contains(steps), option: "--find-steps", expected: "a number from 10 to 1000000",
        found: Double(steps))
    }

    /// The rate of step `step`.
    func learningRate(_ step: Int) -> Double {
      lowest * pow(highest / lowest, Double(step) / Double(steps - 1))
    }
  }

  /// How much of the running mean is kept, and by how much it may grow.
  private static let (kept, largestGrowth) = (0.9, 2.0)

  private let options: Options
  private let configuration: TrainingConfiguration
  private let batcher: LaneBatcher
  private let step: TrainingStep

  /// Prepares the steps.
  ///
  /// - Parameters:
  ///   - text: what is trained on.
  ///   - model: the network's shape.
  ///   - configuration: everything else; its rate and its schedule are not used.
  ///   - initialModel: weights to start from, those of a model of the same cell and sizes; nil draws them from the seed.
  ///   - options: which rates are tried.
  ///   - threads: how many threads work; the result does not depend on it.
  /// - Throws: `LaneError` where the text is too short, `OptimizationError` and `ModelError` for impossible options.
  public init(
    text: TrainingText, model: ModelConfiguration, configuration: TrainingConfiguration,
    initialModel: LanguageModel? = nil, options: Options = Options(), threads: Int = 2
  ) throws {
    try model.validate()
    try configuration.validate(for: model)
    try text.check(for: model)
    try options.validate()
    self.options = options
    self.configuration = configuration
    batcher = try LaneBatcher(
      tokens: text.tokens, range: text.trainingRange, lanes: configuration.batchSize,
      window: configuration.sequenceLength)
    step = TrainingStep(
      model, training: configuration,
      parameters: try text.initialParameters(model, configuration: configuration, initialModel: initialModel),
      pool: WorkerPool(threads: max(1, threads)),
      tokenCounts: configuration.sampledTokens == nil
        ? nil : try text.tokenCounts(vocabularySize: model.vocabularySize))
  }

  /// Takes the steps, once: a second call would begin with the weights that the first has left.
  ///
  /// - Parameters:
  ///   - onStep: is told the rate and the loss of each, and the share that is done, from 0 to 1.
  ///   - shouldStop: is asked before each.
  /// - Returns: nil where it was asked to stop.
  /// - Throws: what `onStep` throws, and where the text cannot be read.
  /// - Complexity: that of `options.steps` steps of training.
  public func run(
    onStep: (_ learningRate: Double, _ loss: Double, _ share: Double) throws -> Void = { _, _, _ in },
    shouldStop: () -> Bool = { false }
  ) throws -> LearningRateCurve? {
    var steps: [(learningRate: Double, loss: Double)] = []
    var (mean, weight, least) = (0.0, 0.0, Double.infinity)
    var (batcher, window, epoch) = (batcher, 0, 0)
    for number in 0..<options.steps {
      if shouldStop() { return nil }
      let rate = options.learningRate(number)
      // A text that is over begins again, as an epoch does.
      if window == 0 {
        batcher.cut(for: epoch, by: configuration)
        step.resetState()
      }
      let outcome = try step.run(
        batcher, window: window, step: number,
        learningRate: batcher.learningRate(rate, ofStep: window, by: configuration))
      window += 1
      if window == batcher.stepCount { (window, epoch) = (0, epoch + 1) }
      guard outcome.isApplied else {
        return LearningRateCurve(steps, plannedSteps: options.steps, hasExploded: true)
      }
      steps.append((rate, outcome.loss))
      try onStep(rate, outcome.loss, Double(number + 1) / Double(options.steps))
      mean = Self.kept * mean + (1 - Self.kept) * outcome.loss
      weight = Self.kept * weight + (1 - Self.kept)
      if mean / weight > Self.largestGrowth * least {
        return LearningRateCurve(steps, plannedSteps: options.steps, hasExploded: true)
      }
      least = min(least, mean / weight)
    }
    return LearningRateCurve(steps, plannedSteps: options.steps, hasExploded: false)
  }
}
