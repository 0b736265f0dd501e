import Glibc
import Tsuzuri
import TsuzuriKernels
import TsuzuriModel
import TsuzuriTraining

/// Steps of training on made-up ids, and what they took.
struct TrainingBenchmark {
  /// Steps that nobody measures: the first ones touch memory for the first time.
  private static let warmUp = 2

  let model: ModelConfiguration
  /// The buffers of the optimizer that are as long as the parameters.
  let momentCount: Int
  private(set) var steps = 0
  private(set) var tokens = 0
  /// The rows of the first layer's input products: fewer than tokens where these are looked up.
  private(set) var inputRows = 0
  private(set) var seconds = 0.0
  /// The threads' time in each part, in nanoseconds, and all products; empty without a profile.
  private(set) var nanoseconds: [StepProfile.Part: Double] = [:]
  private(set) var products: [StepProfile.Product] = []

  init(
    _ model: ModelConfiguration, training: TrainingConfiguration, seconds limit: Double, pool: WorkerPool,
    isProfiled: Bool
  ) throws {
    self.model = model
    try model.validate()
    let layout = ParameterLayout(model)
    // As in a run, and not by way of a LanguageModel: that would hold the weights a second time, in other forms.
    let parameters = FloatBuffer(count: layout.bufferCount)
    ParameterInitialization.fill(parameters.pointer, layout: layout, configuration: model, seed: training.seed)
    let step = TrainingStep(
      model, training: training, parameters: parameters, pool: pool, clock: isProfiled ? Self.nanoseconds : nil)
    momentCount = step.optimizer.stateBuffers.count
    let batcher = try Self.batcher(model, training)
    let clock = ContinuousClock()
    var start = clock.now
    var count = 0
    while count < Self.warmUp || seconds < limit {
      if count == Self.warmUp {
        for profile in step.profiles { profile.reset() }
        start = clock.now
      }
      let outcome = try step.run(
        batcher, window: count % batcher.stepCount, step: count, learningRate: training.learningRate)
      count += 1
      if count <= Self.warmUp { continue }
      tokens += outcome.tokens
      inputRows += step.inputProductRows
      seconds = (clock.now - start).seconds
    }
    steps = count - Self.warmUp
    guard isProfiled else { return }
    for profile in step.profiles {
      products += profile.products
      for part in StepProfile.Part.allCases {
        nanoseconds[part, default: 0] += Double(profile.nanoseconds[part.rawValue])
      }
    }
    nanoseconds[.waiting, default: 0] += seconds * 1e9 * Double(pool.threads) - nanoseconds.values.reduce(0, +)
  }

  var tokensPerSecond: Double { Double(tokens) / seconds }

  /// 6 operations a second for each weight that a token takes part in; and without those that a look-up saves.
  var operations: (all: Double, executed: Double) {
    let layout = ParameterLayout(model)
    let first = model.stacks.map { layout[ParameterName.recurrent($0, "weight_ih", 0)].count }.reduce(0, +)
    // All matrices but the embedding, of which a token takes one row.
    let recurrent = layout.slices.filter { $0.name.contains("rnn.weight") }.reduce(0) { $0 + $1.count }
    let all = 6 * Double(recurrent + model.stacks.count * model.vocabularySize * model.featureSize) * Double(tokens)
    return (all / seconds, (all - 6 * Double(first) * Double(tokens - inputRows)) / seconds)
  }

  /// Made-up ids: each as likely as any other, and enough of them that no cache remembers a window.
  private static func batcher(_ model: ModelConfiguration, _ training: TrainingConfiguration) throws -> LaneBatcher {
    var generator = CounterBasedGenerator(seed: 1)
    let count = training.batchSize * training.sequenceLength * 32 + 1
    let ids = (0..<count).map { _ in Int32.random(in: 0..<Int32(model.vocabularySize), using: &generator) }
    return try LaneBatcher(tokens: TokenArray(ids), lanes: training.batchSize, window: training.sequenceLength)
  }

  @Sendable private static func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
