import ArgumentParser
import Foundation
import Tsuzuri

/// `tsuzuri tokenize`: how a text is cut, or ids turned back into text.
struct Tokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show how a text becomes tokens, and back.",
    discussion: """
      One token a line, escaped as in vocabulary.txt. Without a model or a vocabulary the segments stand alone, before \
      anything is spelled.
      """)

  @Argument(help: ArgumentHelp("Files, folders or '-'.", valueName: "file"))
  var files: [String]

  @Option(help: ArgumentHelp("The folder of a model that decides how text is cut.", valueName: "dir"))
  var model: String?

  @Option(help: ArgumentHelp("A vocabulary for the level.", valueName: "file"))
  var vocabulary: String?

  @Flag(help: "Write ids instead of tokens.")
  var ids = false

  @Flag(help: "Write how many there are, and nothing else.")
  var count = false

  @Flag(help: "Turn ids, with blanks, commas or line ends between them, back into text.")
  var decode = false

  @OptionGroup(title: "Text") var cutting: CuttingOptions
  @OptionGroup(title: "Text") var reading: ReadingOptions
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var output: OutputOptions

  func validate() throws {
    try InputText.checkStandardInputIsReadOnce(files)
    if model != nil {
      try cutting.refuseBesideModel()
      if vocabulary != nil { throw ValidationError("--vocabulary: the model has its own. Leave out this or --model.") }
    }
    if ids || decode, model == nil, vocabulary == nil {
      throw ValidationError("--\(ids ? "ids" : "decode"): ids need a vocabulary. Give --model or --vocabulary.")
    }
    if [ids, count, decode].filter({ $0 }).count > 1 {
      throw ValidationError("--ids, --count, --decode: they exclude each other. Give one of them.")
    }
    _ = try Settings(cutting, reading).tokenizerConfiguration()
  }

  func run() throws {
    let screen = Screen(output)
    let settings = Settings(cutting, reading)
    let out = StandardOutput()
    if let tokenizer = try tokenizer(settings, screen) {
      if decode {
        try writeText(of: try IDReader.ids(in: files), tokenizer, to: out)
      } else {
        let list = TokenListing(
          json: output.json, ids: ids, counts: count, vocabulary: tokenizer.vocabulary, output: out)
        var counts = TextCounts()
        for source in try CorpusListing.sources(at: files) {
          counts += try tokenizer.encode(source, threads: threads.count()) { try list.append($0.ids) }
        }
        try list.finish(counts, unknownName: "unknown_tokens")
      }
    } else {
      let list = TokenListing(json: output.json, ids: false, counts: count, vocabulary: nil, output: out)
      try list.finish(try SegmentWalk.forEachSegment(of: files, settings) { try list.append($0) }, unknownName: nil)
    }
    try out.flush()
  }

  private func tokenizer(_ settings: Settings, _ screen: Screen) throws -> Tokenizer? {
    if let model {
      let configuration = try ModelFolder(model).readTokenizerConfiguration()
      if let warning = configuration.icuVersionWarning { screen.warn(warning) }
      let settings = Settings(reading, over: Settings.values(of: configuration))
      return try Tokenizer(
        vocabulary: Vocabulary(contentsOf: ModelFolder(model).vocabularyPath),
        configuration: settings.tokenizerConfiguration())
    }
    guard let vocabulary else { return nil }
    let read = try Vocabulary(contentsOf: vocabulary)
    return try Settings.asUsage(of: "vocabulary") {
      try Tokenizer(vocabulary: read, configuration: settings.tokenizerConfiguration())
    }
  }

  private func writeText(of ids: [Int32], _ tokenizer: Tokenizer, to out: StandardOutput) throws {
    let bytes = try tokenizer.decodeBytes(ids)
    if output.json {
      try out.print(JSON.object([("text", .string(String(decoding: bytes, as: UTF8.self)))]).text)
    } else {
      try bytes.withUnsafeBytes { try out.write($0) }
    }
  }
}
