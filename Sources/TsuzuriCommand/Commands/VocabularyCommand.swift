import ArgumentParser
import Tsuzuri

/// `tsuzuri vocabulary`.
struct VocabularyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vocabulary", abstract: "Build a vocabulary from a corpus, or show one.",
    subcommands: [Build.self, Show.self])

  /// `tsuzuri vocabulary build`.
  struct Build: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Build a vocabulary from all of a corpus, or from the characters of charsets.")

    @Argument(help: ArgumentHelp("Files, folders (every .txt and .txt.gz in them) or '-'.", valueName: "corpus"))
    var corpus: [String] = []

    @Option(
      help: ArgumentHelp(
        """
        Include every character of this charset, such as ISO-2022-JP, behind those of the corpus, which then can be \
        left out. Can be given again.
        """, valueName: "name"))
    var charset: [String] = []

    @Option(
      name: .shortAndLong, help: ArgumentHelp("Where the vocabulary goes; '-' is standard output.", valueName: "file"))
    var output: String

    @OptionGroup(title: "Size") var size: VocabularySizeOptions
    @OptionGroup(title: "Text") var cutting: CuttingOptions
    @OptionGroup(title: "Text") var reading: ReadingOptions
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var show: OutputOptions

    func validate() throws {
      try InputText.checkStandardInputIsReadOnce(corpus)
      let settings = Settings(cutting, reading, size)
      let level = try settings.tokenizerConfiguration().level
      _ = try settings.vocabularyOptions(for: level)
      if output == "-", show.json {
        throw ValidationError("--output -, --json: both write to standard output. Name a file, or leave one out.")
      }
      if corpus.isEmpty, charset.isEmpty {
        throw ValidationError("there is nothing to build from. Name a corpus, or a charset with --charset.")
      }
      if !charset.isEmpty, level != .character {
        throw ValidationError(
          "--charset: a charset has characters, the level is '\(level.rawValue)'. Leave out this or --level.")
      }
    }

    func run() throws {
      let screen = Screen(show)
      defer { screen.clear() }
      let settings = Settings(cutting, reading, size)
      let configuration = try settings.tokenizerConfiguration()
      let progress = CorpusProgress(screen)
      let tokenizer = try CorpusTokenizer(
        configuration: configuration, vocabulary: .built(settings.vocabularyOptions(for: configuration.level)),
        threads: threads.count(), onEvent: progress.show)
      let vocabulary = try tokenizer.buildVocabulary(
        from: CorpusListing.sources(at: corpus), completedBy: charset.map { try CharacterRepertoire(charset: $0) })
      let out = StandardOutput()
      if output != "-" { try vocabulary.write(to: output) }
      screen.clear()
      if output == "-" {
        try vocabulary.fileContent.withUnsafeBytes { try out.write($0) }
      } else if show.json {
        try out.print(
          JSON.object([
            ("vocabulary", .string(output)), ("level", .string(configuration.level.rawValue)),
            ("tokens", .whole(vocabulary.count)),
          ]).text)
      } else {
        try out.print("\(output): \(Figures.count(vocabulary.count)) tokens (\(vocabulary.contents))")
      }
      try out.flush()
    }
  }

  /// `tsuzuri vocabulary show`.
  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write a vocabulary's ids and tokens, one pair a line, with a tab between them.")

    @Argument(help: ArgumentHelp("The vocabulary.", valueName: "file"))
    var file: String

    @OptionGroup var show: OutputOptions

    func run() throws {
      let vocabulary = try Vocabulary(contentsOf: file)
      let ids = 0..<Int32(vocabulary.count)
      let out = StandardOutput()
      if show.json {
        try out.print(
          JSON.object([
            ("kind", .string("\(vocabulary.kind)")), ("size", .whole(vocabulary.count)),
            ("tokens", .array(ids.map { .string(vocabulary.escapedToken($0)) })),
          ]).text)
      } else {
        Screen(show).tell("\(file): \(Figures.count(vocabulary.count)) tokens (\(vocabulary.contents))")
        for id in ids { try out.print("\(id)\t\(vocabulary.escapedToken(id))") }
      }
      try out.flush()
    }
  }
}
