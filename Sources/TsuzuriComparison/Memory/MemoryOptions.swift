/// How models learn the memory tasks.
public struct MemoryOptions: Sendable, Hashable {
  /// The sequences of a step.
  public var batchSize: Int
  /// The rate of AdamW, the same from the first step to the last.
  public var learningRate: Double
  /// The largest norm of the gradient.
  public var clipNorm: Double
  /// The largest number of steps; nil for no such bound.
  public var maximumSteps: Int?
  /// The longest time of training; nil for no such bound.
  public var timeLimitSeconds: Double?
  /// The seed of the first run.
  public var seed: UInt64
  /// How many runs each model gets.
  public var seeds: Int
  /// How often a run is measured.
  public var measurements: Int
  /// How many threads work.
  public var threads: Int

  /// Options; the defaults are the command's.
  public init(
    batchSize: Int = 32, learningRate: Double = 0.002, clipNorm: Double = 1, maximumSteps: Int? = 4000,
    timeLimitSeconds: Double? = nil, seed: UInt64 = 1, seeds: Int = 2, measurements: Int = 20, threads: Int = 2
  ) {
    precondition(maximumSteps != nil || timeLimitSeconds != nil, "a run needs a bound")
    precondition(seeds > 0 && measurements > 0, "\(seeds) seeds and \(measurements) measurements are asked for")
    self.batchSize = batchSize
    self.learningRate = learningRate
    self.clipNorm = clipNorm
    self.maximumSteps = maximumSteps
    self.timeLimitSeconds = timeLimitSeconds
    self.seed = seed
    self.seeds = seeds
    self.measurements = measurements
    self.threads = threads
  }
}
