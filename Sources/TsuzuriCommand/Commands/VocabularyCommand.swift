import ArgumentParser
import Tsuzuri

/// `tsuzuri vocabulary`.
struct VocabularyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vocabulary", abstract: "Build a vocabulary from a corpus, or show one.",
    subcommands: [Build.self, Show.self])

  /// `tsuzuri vocabulary build`.
  struct Build: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Build a vocabulary from all of a corpus.")

    @Argument(help: ArgumentHelp("Files, folders (every .txt and .txt.gz in them) or '-'.", valueName: "corpus"))
    var corpus: [String]

    @Option(name: .shortAndLong, help: ArgumentHelp("Where the vocabulary goes.", valueName: "file"))
    var output: String

    @OptionGroup(title: "Size") var size: VocabularySizeOptions
    @OptionGroup(title: "Text") var cutting: CuttingOptions
    @OptionGroup(title: "Text") var reading: ReadingOptions
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var show: OutputOptions

    func validate() throws {
      let settings = Settings(cutting, reading, size)
      _ = try settings.vocabularyOptions(for: settings.tokenizerConfiguration().level)
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
      let vocabulary = try tokenizer.buildVocabulary(from: CorpusListing.sources(at: corpus))
      try vocabulary.write(to: output)
      screen.clear()
      let out = StandardOutput()
      if show.json {
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

extension Vocabulary {
  /// What is in it, in words.
  var contents: String {
    switch kind {
    case .closed: "<eos>, <unk>, \(Figures.count(count - 2)) words"
    case .spelling: "<eos>, 256 bytes, \(Figures.count(count - Int(Self.firstText))) of text"
    }
  }
}
