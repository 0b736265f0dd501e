import ArgumentParser
import Tsuzuri
import TsuzuriKernels
import TsuzuriModel
import TsuzuriTraining

/// `tsuzuri benchmark train`: the steps of training, one after the other.
struct BenchmarkTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Measure how fast a model is trained.",
    discussion: """
      gflops counts 6 operations for each weight that a token takes part in; gflops_executed leaves out those of the \
      first layer that are looked up.
      """)

  /// Steps that nobody measures: the first ones touch memory for the first time.
  private static let warmUp = 2

  @Option(help: ArgumentHelp("In how many parts the lanes are worked on (default: 2).", valueName: "n"))
  var shares: String?

  @OptionGroup var options: BenchmarkOptions

  func validate() throws { _ = try plan() }

  func run() throws {
    let (model, training, seconds) = try plan()
    let untrained = try LanguageModel(untrained: model)
    let parameters = FloatBuffer(count: untrained.layout.bufferCount)
    parameters.pointer.update(from: untrained.parameters.pointer, count: parameters.count)
    let step = TrainingStep(
      model, training: training, parameters: parameters, pool: WorkerPool(threads: try options.threads.count()))
    let batcher = try Self.batcher(model, training)
    let clock = ContinuousClock()
    var start = clock.now
    var (count, tokens, inputRows, elapsed) = (0, 0, 0, 0.0)
    while count < Self.warmUp || elapsed < seconds {
      if count == Self.warmUp { start = clock.now }
      let outcome = step.run(
        batcher, window: count % batcher.stepCount, step: count, learningRate: training.learningRate)
      count += 1
      if count <= Self.warmUp { continue }
      tokens += outcome.tokens
      inputRows += step.inputProductRows
      elapsed = (clock.now - start).seconds
    }
    let weights = Self.weights(model)
    let operations = 6 * Double(weights.all) * Double(tokens)
    let skipped = 6 * Double(weights.firstInput) * Double(tokens - inputRows)
    try BenchmarkResult.print(
      [
        ("tokens_per_second", .number(Double(tokens) / elapsed)), ("gflops", .number(operations / elapsed / 1e9)),
        ("gflops_executed", .number((operations - skipped) / elapsed / 1e9)),
        ("parameters", .whole(untrained.parameterCount)), ("steps", .whole(count - Self.warmUp)),
        ("tokens", .whole(tokens)), ("seconds", .number(elapsed)),
      ], json: options.output.json)
  }

  private func plan() throws -> (ModelConfiguration, TrainingConfiguration, seconds: Double) {
    let settings = options.settings(shares.map { ["shares": $0] } ?? [:])
    return (
      try settings.benchmarkedModel(), try settings.trainingConfiguration(), try settings.benchmarkSeconds()
    )
  }

  /// Made-up ids: each as likely as any other.
  private static func batcher(_ model: ModelConfiguration, _ training: TrainingConfiguration) throws -> LaneBatcher {
    var generator = CounterBasedGenerator(seed: 1)
    let count = training.batchSize * training.sequenceLength * 4 + 1
    let ids = (0..<count).map { _ in Int32.random(in: 0..<Int32(model.vocabularySize), using: &generator) }
    return try LaneBatcher(tokens: TokenArray(ids), lanes: training.batchSize, window: training.sequenceLength)
  }

  /// The weights that one token takes part in: all matrices but the embedding, of which it takes one row.
  private static func weights(_ model: ModelConfiguration) -> (all: Int, firstInput: Int) {
    let layout = ParameterLayout(model)
    let first = model.stacks.map { layout[ParameterName.recurrent($0, "weight_ih", 0)].count }.reduce(0, +)
    let recurrent = layout.slices.filter { $0.name.contains("rnn.weight") }.reduce(0) { $0 + $1.count }
    return (recurrent + model.stacks.count * model.vocabularySize * model.outputSize, first)
  }
}
