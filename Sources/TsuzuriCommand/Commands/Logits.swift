import ArgumentParser
import Tsuzuri
import TsuzuriArchive

/// `tsuzuri logits`: what a model computes, for a comparison with other programs.
struct Logits: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the logits after each token of a text.",
    discussion: """
      The output is a safetensors file with 'ids' [n], the tokens that are fed, <eos> first, and 'logits' [n, V], \
      those of the token that follows each.
      """)

  @Argument(help: ArgumentHelp("A file or '-'.", valueName: "file"))
  var file: String

  @OptionGroup var folder: ModelFolderOption

  @Option(
    name: .shortAndLong, parsing: .unconditional,
    help: ArgumentHelp("Feed so many tokens at most, <eos> included (default: 1000).", valueName: "n"))
  var maxTokens: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("Where the logits go.", valueName: "file"))
  var output: String

  @OptionGroup(title: "Text") var reading: ReadingOptions
  @OptionGroup var show: OutputOptions

  func validate() throws { _ = try limit() }

  func run() throws {
    let screen = Screen(show)
    defer { screen.clear() }
    let loaded = try folder.load(screen)
    let tokenizer = try loaded.tokenizer.reading(reading)
    let limit = try limit()
    var ids = [SequenceScorer.endOfText]
    do {
      ids += try ScoredText(at: file, tokenizer: tokenizer, threads: 1).tokens(atMost: limit - 1)
    } catch CorpusError.empty {
      // <eos> alone has logits, too.
    }
    let size = loaded.model.configuration.vocabularySize
    let session = InferenceSession(model: loaded.model)
    var writer = SafetensorsWriter(metadata: ["format": "pt"])
    writer.add("ids", type: .int64, shape: [ids.count]) { sink in
      try ids.map(Int64.init).withUnsafeBytes { try sink($0) }
    }
    writer.add("logits", type: .float32, shape: [ids.count, size]) { sink in
      for id in ids {
        try session.feed([id])
        try sink(UnsafeRawBufferPointer(session.logits))
      }
    }
    try writer.write(to: output)
    let out = StandardOutput()
    if show.json {
      try out.print(
        JSON.object([("output", .string(output)), ("tokens", .whole(ids.count)), ("vocabulary", .whole(size))]).text)
    } else {
      try out.print(output)
    }
    try out.flush()
  }

  private func limit() throws -> Int {
    try maxTokens.map { try Settings.wholeNumber($0, "max-tokens", in: 1 ... .max) } ?? 1000
  }
}
