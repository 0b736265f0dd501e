import ArgumentParser
import Foundation
import Tsuzuri

/// `tsuzuri info`: what `config.json` says, in words.
struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Tell what a model is, and how it was made.")

  @Argument(help: ArgumentHelp("The model's folder.", valueName: "dir"))
  var model = "model"

  @OptionGroup var output: OutputOptions

  func run() throws {
    let folder = ModelFolder(model)
    let out = StandardOutput()
    switch try folder.readKind() {
    case .recurrent:
      let description = try folder.readDescription()
      if output.json {
        try out.print(try json(description, folder).text)
      } else {
        for line in lines(rows(description, folder)) { try out.print(line) }
        if output.verbose { for line in tensors(description) { try out.print(line) } }
      }
    case .ngram:
      let description = try folder.readNGramDescription()
      let bytes = size(of: folder.weightsPath)
      if output.json {
        try out.print(try json(description, weightsBytes: bytes).text)
      } else {
        for line in lines(rows(description, weightsBytes: bytes)) { try out.print(line) }
      }
    }
    try out.flush()
  }

  /// A table of what a folder says, which can come from anywhere.
  private func lines(_ rows: [(String, String)]) -> [String] {
    Table.lines(rows.map { ($0.0.withoutControls, $0.1.withoutControls) })
  }

  private func json(_ description: ModelDescription, _ folder: ModelFolder) throws -> JSON {
    .object([
      ("model", .string(model)), ("format_version", .whole(description.formatVersion)),
      ("parameters", .whole(ParameterLayout(description.architecture).parameterCount)),
      ("architecture", try .encoding(description.architecture)),
      ("tokenizer", try .encoding(description.tokenizer)),
      ("training", try description.training.map { try .encoding($0) } ?? .null),
      ("weights_bytes", size(of: folder.weightsPath).map { .whole($0) } ?? .null),
      ("quantization", description.quantization.map { .string($0.rawValue) } ?? .null),
    ])
  }

  private func rows(_ description: ModelDescription, _ folder: ModelFolder) -> [(String, String)] {
    let (shape, text) = (description.architecture, description.tokenizer)
    var rows = [
      ("model", model),
      ("architecture", architecture(shape)),
      ("parameters", Figures.count(ParameterLayout(shape).parameterCount)),
      ("gate order", shape.cell.gateOrder.joined(separator: ", ")),
      ("tied embeddings", shape.tiesEmbeddings ? "yes" : "no"), ("dropout", "\(shape.dropout)"),
      ("level", text.level.rawValue), ("vocabulary", "\(Figures.count(shape.vocabularySize)) tokens"),
      ("locale", text.segmentation.locale), ("normalization", text.text.normalization.rawValue),
      ("ICU", text.icuVersion),
    ]
    if shape.cell == .feedForward { rows.append(("context", "\(shape.context) tokens")) }
    if !shape.resetTokens.isEmpty { rows.append(("documents", "lines")) }
    if let clusters = shape.adaptiveClusters {
      rows.append(
        ("adaptive softmax", "clusters from the tokens \(clusters.cutoffs.map(Figures.count).joined(separator: ", "))"))
    }
    if shape.isResidual { rows.append(("residual layers", "yes")) }
    if shape.learnsInitialState { rows.append(("initial state", "learned")) }
    if description.quantization != nil { rows.append(("matrices", "8-bit integers, a scale for each row")) }
    if let bytes = size(of: folder.weightsPath) { rows.append(("weights", Figures.bytes(bytes))) }
    guard let training = description.training else { return rows + [("training", "unknown")] }
    rows += [
      ("corpus", training.corpus.joined(separator: ", ")), ("validation", training.validation),
      ("steps", Figures.count(training.steps)), ("tokens seen", Figures.count(training.tokens)),
    ]
    if let loss = training.validationLoss {
      let measure = ModelMeasure(isBidirectional: shape.isBidirectional)
      rows.append(
        (
          "validation loss",
          "\(Figures.decimals(loss, 4)) nats a token, \(measure.perplexity) \(Figures.perplexity(ofLoss: loss))"
        )
      )
    }
    rows += training.options.sorted { $0.key < $1.key }.map { ("--" + $0.key, $0.value) }
    return rows + training.environment.sorted { $0.key < $1.key }.map { ("made with \($0.key)", $0.value) }
  }

  private func architecture(_ shape: ModelConfiguration) -> String {
    let layers = shape.layers == 1 ? "1 layer" : "\(shape.layers) layers"
    let projection = shape.projectionSize.map { " projected to \($0)" } ?? ""
    let directions = shape.isBidirectional ? " in each direction" : ""
    return "\(shape.cell.rawValue)\(shape.normalizesGates ? " with layer normalisation" : ""), "
      + "\(layers) of \(shape.hiddenSize)\(projection)\(directions), embedding \(shape.embeddingSize)"
  }

  private func tensors(_ description: ModelDescription) -> [String] {
    Table.lines(ParameterLayout(description.architecture).slices.map { ($0.name, "\($0.shape)") })
  }

  private func size(of path: String) -> Int? {
    (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int
  }
}
