import ArgumentParser

/// The model and the window of a benchmark on made-up ids.
struct BenchmarkOptions: SettingsGroup {
  @Option(help: ArgumentHelp("The number of tokens (default: 65).", valueName: "n"))
  var vocabularySize: String?

  @OptionGroup var shape: ModelOptions

  @Option(
    help: ArgumentHelp(
      "Training: the lanes (default: 32). Writing: the samples made side by side (default: 1).", valueName: "n"))
  var batchSize: String?

  @Option(
    help: ArgumentHelp(
      "Training: the tokens of a lane in one step (default: 64). Writing: those of the prompt (default: 0).",
      valueName: "n"))
  var sequenceLength: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("How long it takes (default: 5).", valueName: "seconds"))
  var seconds: String?

  @OptionGroup var threads: ThreadsOption
  @OptionGroup var output: OutputOptions

  var given: [String: String?] {
    shape.given.merging([
      "vocabulary-size": vocabularySize, "batch-size": batchSize, "sequence-length": sequenceLength,
      "seconds": seconds,
    ]) { $1 }
  }

  /// The options over the defaults, some of which a benchmark has of its own.
  func settings(_ own: [String: String] = [:]) -> Settings {
    let base = Settings.defaults.merging(["vocabulary-size": "65", "seconds": "5"]) { $1 }
    return Settings(self, over: base.merging(own) { $1 })
  }
}
