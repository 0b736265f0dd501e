import ArgumentParser
import Tsuzuri

/// `tsuzuri evaluate`.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Measure how well a model foretells a text.")

  @Argument(help: ArgumentHelp("Files, folders or '-'.", valueName: "file"))
  var files: [String]

  @OptionGroup var folder: ModelFolderOption

  @Option(parsing: .unconditional, help: ArgumentHelp("Forget everything after so many tokens.", valueName: "n"))
  var window: String?

  @Option(help: ArgumentHelp("A file for each scored token and its nats.", valueName: "file"))
  var tokensOut: String?

  @OptionGroup(title: "Text") var reading: ReadingOptions
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var output: OutputOptions
}
