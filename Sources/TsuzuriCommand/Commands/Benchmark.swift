import ArgumentParser
import Tsuzuri

/// `tsuzuri benchmark`: the code paths of the real commands, on made-up ids.
struct Benchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the speed of training, writing and tokenizing.",
    subcommands: [BenchmarkTokenize.self])
}
