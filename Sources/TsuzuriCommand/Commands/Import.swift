import ArgumentParser
import Foundation
import Tsuzuri
import TsuzuriExchange

/// `tsuzuri import`: a model of PyTorch's becomes one of ours.
struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a model of the weights of a torch.nn LSTM, GRU or RNN.",
    discussion: """
      The file holds the state_dict() of a module with an embedding, a recurrent stack and a linear output, written by \
      safetensors. Which is which is found out by names and shapes; where it cannot be, the prefixes say it. \
      'tsuzuri train --init-from' goes on training.
      """)

  @Argument(help: ArgumentHelp("The weights, a safetensors file.", valueName: "file"))
  var file: String

  @Option(
    help: ArgumentHelp(
      "The tokens, one a line as in vocabulary.txt, in the order of the rows of the embedding.", valueName: "file"))
  var vocabulary: String

  @OptionGroup var folder: ModelFolderOption

  @Flag(help: "Replace the model that stands in the folder.")
  var overwrite = false

  @Option(help: ArgumentHelp("What stands before weight_ih_l0, such as 'lstm.'.", valueName: "prefix"))
  var rnnPrefix: String?

  @Option(help: ArgumentHelp("What stands before the embedding's weight, such as 'encoder.'.", valueName: "prefix"))
  var embeddingPrefix: String?

  @Option(help: ArgumentHelp("What stands before the output's weight, such as 'decoder.'.", valueName: "prefix"))
  var outputPrefix: String?

  @Option(
    help: ArgumentHelp(
      "The cell, where the weights do not tell: rnn or rnn-relu (default: what the weights tell, rnn).",
      valueName: "cell"))
  var cell: String?

  @OptionGroup(title: "Text") var cutting: CuttingOptions
  @OptionGroup(title: "Text") var reading: ReadingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    _ = try settings.tokenizerConfiguration()
    _ = try cellKind()
  }

  func run() throws {
    let screen = Screen(output)
    defer { screen.clear() }
    let target = ModelFolder(folder.model)
    if !overwrite, target.holdsModel { throw CommandError.folderHoldsModel(folder.model, canGoOn: false) }
    try target.checkCanBeCreated()
    let configuration = try settings.tokenizerConfiguration()
    let imported = try PyTorchImport(
      weightsAt: file, tokens: TokenList(contentsOf: vocabulary),
      kind: configuration.level == .whitespace ? .closed : .spelling,
      prefixes: .init(embedding: embeddingPrefix, recurrent: rnnPrefix, output: outputPrefix), cell: cellKind())
    let tokenizer = try Settings.asUsage(of: "vocabulary") {
      try Tokenizer(vocabulary: imported.vocabulary, configuration: configuration)
    }
    try target.write(imported.model, tokenizer: tokenizer)
    for note in imported.notes { screen.tell(note) }
    try printResult(imported.model)
  }

  private func printResult(_ model: LanguageModel) throws {
    let shape = model.configuration
    let out = StandardOutput()
    if output.json {
      try out.print(
        JSON.object([
          ("model", .string(folder.model)), ("parameters", .whole(model.parameterCount)),
          ("architecture", try .encoding(shape)),
        ]).text)
    } else {
      let layers = shape.layers == 1 ? "1 layer" : "\(shape.layers) layers"
      try out.print(
        "\(folder.model): \(shape.cell.rawValue), \(layers) of \(shape.hiddenSize), embedding "
          + "\(shape.embeddingSize)\(shape.tiesEmbeddings ? " (tied)" : ""), \(Figures.count(shape.vocabularySize)) "
          + "tokens, \(Figures.count(model.parameterCount)) parameters")
    }
    try out.flush()
  }

  private var settings: Settings { Settings(cutting, reading) }

  private func cellKind() throws -> CellKind? {
    guard let cell else { return nil }
    return try Settings(over: ["cell": cell]).choice("cell", of: CellKind.self)
  }
}
