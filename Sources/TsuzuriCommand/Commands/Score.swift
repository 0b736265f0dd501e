import ArgumentParser
import Tsuzuri

/// `tsuzuri score`: which of these sentences is likelier?
struct Score: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell how likely each line of a text is, as a text by itself.",
    discussion: """
      A line of the output is the natural logarithm of the probability, the number of scored tokens, and the text, with \
      tabs between them; with --json it is an object. A line's end is not scored, except at the whitespace level.
      """)

  @Argument(help: ArgumentHelp("Files, folders or '-'.", valueName: "file"))
  var files: [String]

  @OptionGroup var models: MixtureOptions
  @OptionGroup(title: "Text") var reading: ReadingOptions
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if models.tune != nil { try models.requireSeveral("tune") }
    try InputText.checkStandardInputIsReadOnce(files, models.tune)
  }

  func run() throws {
    let screen = Screen(output)
    defer { screen.clear() }
    var loaded = try models.load(screen)
    let tokenizer = try loaded.tokenizer.reading(reading)
    let threads = try threads.count()
    let scorer = LineScorer(
      scorer: try loaded.makeScorer(tokenizer: tokenizer, window: nil, threads: threads, screen), tokenizer: tokenizer,
      threads: threads)
    let out = StandardOutput()
    for source in try CorpusListing.sources(at: files) {
      try scorer.score(source) { line in
        try out.print(output.json ? Self.json(line, source.name).text : Self.text(line))
      }
    }
    try out.flush()
  }

  private static func text(_ line: LineScorer.ScoredLine) -> String {
    "\(Figures.decimals(line.logProbability, 4))\t\(line.tokens)\t\(line.text)"
  }

  private static func json(_ line: LineScorer.ScoredLine, _ file: String) -> JSON {
    .object([
      ("file", .string(file)), ("line", .whole(line.number)), ("text", .string(line.text)),
      ("log_probability", .number(line.logProbability)), ("tokens", .whole(line.tokens)),
    ])
  }
}
