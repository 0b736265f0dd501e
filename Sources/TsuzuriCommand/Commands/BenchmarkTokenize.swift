import ArgumentParser
import Foundation
import Tsuzuri

/// `tsuzuri benchmark tokenize`: from the file to the token file, as training does it, but nothing is kept.
struct BenchmarkTokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize", abstract: "Measure how fast a corpus becomes tokens.")

  @Argument(help: ArgumentHelp("Files or folders.", valueName: "file"))
  var files: [String]

  @OptionGroup(title: "Text") var cutting: CuttingOptions
  @OptionGroup(title: "Text") var reading: ReadingOptions
  @OptionGroup(title: "Vocabulary") var vocabulary: VocabularyOptionsGroup
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var output: OutputOptions

  func validate() throws {
    let settings = Settings(cutting, reading, vocabulary)
    let level = try settings.tokenizerConfiguration().level
    try settings.checkVocabularyOptions()
    _ = try settings.vocabularyOptions(for: level)
  }

  func run() throws {
    let screen = Screen(output)
    defer { screen.clear() }
    let settings = Settings(cutting, reading, vocabulary)
    let configuration = try settings.tokenizerConfiguration()
    let tokenizer = try CorpusTokenizer(
      configuration: configuration, vocabulary: settings.vocabularySource(for: configuration.level),
      threads: threads.count(), onEvent: CorpusProgress(screen).show)
    let sources = try CorpusListing.sources(at: files)
    let bytes = try sources.map(Self.size).reduce(0, +)
    let clock = ContinuousClock()
    let start = clock.now
    let corpus = try tokenizer.tokenize(sources)
    let seconds = (clock.now - start).seconds
    screen.clear()
    try BenchmarkResult.print(
      [
        ("megabytes_per_second", .number(Double(bytes) / 1e6 / seconds)),
        ("tokens_per_second", .number(Double(corpus.tokens.counts.tokens) / seconds)),
        ("tokens", .whole(corpus.tokens.counts.tokens)), ("bytes", .whole(bytes)), ("seconds", .number(seconds)),
      ], json: output.json)
  }

  private static func size(of source: TextSource) throws -> Int {
    var status = stat()
    guard case .file(let path) = source, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw CommandError.unusableFile(
        path: source.name, reason: "expected a file, whose size is known before it is read",
        advice: "Write the text to a file first.")
    }
    return Int(status.st_size)
  }
}
