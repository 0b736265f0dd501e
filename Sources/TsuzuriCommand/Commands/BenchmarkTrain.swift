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
      first layer that are looked up. The roofline of --profile is the step's products at the best rate measured here for \
      their shapes, and its memory traffic at the measured bandwidth.
      """)

  @Option(help: ArgumentHelp("In how many parts the lanes are worked on (default: 2).", valueName: "n"))
  var shares: String?

  @Flag(help: "Show where a step's time goes, and how far it is from what the machine can do.")
  var profile = false

  @OptionGroup var options: BenchmarkOptions

  func validate() throws { _ = try plan() }

  func run() throws {
    let start = ProcessMemory()
    let (model, training, seconds) = try plan()
    try MemoryNeed.checkTraining(model, training, isSaved: false)
    let threads = try options.threads.count()
    let pool = WorkerPool(threads: threads)
    let run = try TrainingBenchmark(
      model, training: training, seconds: seconds, pool: pool, isProfiled: profile)
    let (all, executed) = run.operations
    var rows: [(String, JSON)] = [
      ("tokens_per_second", .number(run.tokensPerSecond)), ("gflops", .number(all / 1e9)),
      ("gflops_executed", .number(executed / 1e9)), ("parameters", .whole(ParameterLayout(model).parameterCount)),
      ("steps", .whole(run.steps)), ("tokens", .whole(run.tokens)), ("seconds", .number(run.seconds)),
      ("memory_at_start_bytes", .whole(start.now)), ("peak_memory_bytes", .whole(ProcessMemory().peak)),
    ]
    guard profile else { return try BenchmarkResult.print(rows, json: options.output.json) }
    // After the memory was asked for: measuring the machine takes some, too.
    let rates = MachineRates(pool: pool)
    let table = ProfileTable(run, threads: threads, peak: rates.peak)
    let roofline = Roofline(run, rates: rates)
    rows += [
      ("peak_gflops", .number(rates.peak / 1e9)), ("memory_gigabytes_per_second", .number(rates.bandwidth / 1e9)),
    ]
    if options.output.json {
      rows += [("roofline", roofline.json(reached: run.tokensPerSecond)), ("profile", table.json)]
    }
    try BenchmarkResult.print(
      rows, json: options.output.json,
      after: Table.lines(roofline.lines(reached: run.tokensPerSecond)) + [""] + table.lines)
  }

  private func plan() throws -> (ModelConfiguration, TrainingConfiguration, seconds: Double) {
    let settings = options.settings(shares.map { ["shares": $0] } ?? [:])
    return (
      try settings.benchmarkedModel(), try settings.trainingConfiguration(), try settings.benchmarkSeconds()
    )
  }
}
