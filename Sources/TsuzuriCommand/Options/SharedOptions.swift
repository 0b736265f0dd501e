import ArgumentParser
import Tsuzuri
import TsuzuriKernels

/// What a command shows.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Put one JSON object on standard output, and nothing else.")
  var json = false

  @Flag(help: "Show no progress.")
  var quiet = false

  @Flag(help: "Tell more on standard error.")
  var verbose = false

  func validate() throws {
    if quiet, verbose { throw ValidationError("--quiet, --verbose: they contradict each other. Leave one out.") }
  }
}

/// Which model a command works with.
struct ModelFolderOption: ParsableArguments {
  @Option(help: ArgumentHelp("The model's folder.", valueName: "dir"))
  var model = "model"

  /// Reads the network, and warns where it was made with another ICU.
  func load(_ screen: Screen) throws -> TextModel {
    let loaded = try ModelFolder(model).load()
    if let warning = loaded.tokenizer.configuration.icuVersionWarning { screen.warn(warning) }
    return loaded
  }

  /// Reads the model, of whichever kind, and warns where it was made with another ICU.
  func loadAny(_ screen: Screen) throws -> StoredModel {
    let loaded = try ModelFolder(model).loadAny()
    if let warning = loaded.tokenizer.configuration.icuVersionWarning { screen.warn(warning) }
    return loaded
  }
}

/// How many processors a command uses.
struct ThreadsOption: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How many threads work (default: the processors that the process may use).", valueName: "n"))
  var threads: String?

  /// The number of threads.
  func count() throws -> Int {
    try threads.map { try Settings.wholeNumber($0, "threads", in: 1...1024) } ?? WorkerPool.availableProcessors
  }

  func validate() throws { _ = try count() }
}
