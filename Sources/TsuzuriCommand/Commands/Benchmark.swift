import ArgumentParser
import Tsuzuri

/// `tsuzuri benchmark`: the code paths of the real commands, on made-up ids.
struct Benchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the speed of training, writing and tokenizing.",
    subcommands: [BenchmarkTrain.self, BenchmarkGenerate.self, BenchmarkTokenize.self])
}

extension Settings {
  /// The model of a benchmark.
  func benchmarkedModel() throws -> ModelConfiguration {
    try modelConfiguration(vocabularySize: wholeNumber("vocabulary-size", in: 2...10_000_000))
  }

  /// How long a benchmark takes.
  func benchmarkSeconds() throws -> Double {
    try number("seconds", expected: "a positive finite number") { $0 > 0 && $0.isFinite }
  }
}
