import ArgumentParser
import Tsuzuri

/// The network's shape.
struct ModelOptions: SettingsGroup {
  @Option(help: .setting("cell", "The recurrent layer: \(Settings.list(CellKind.allCases.map(\.rawValue)))."))
  var cell: String?

  @Option(
    parsing: .unconditional, help: .setting("layers", "How many recurrent layers stand on each other.", valueName: "n"))
  var layers: String?

  @Option(parsing: .unconditional, help: .setting("hidden-size", "The width of a layer's state.", valueName: "n"))
  var hiddenSize: String?

  @Option(parsing: .unconditional, help: .setting("embedding-size", "The width of a token's vector.", valueName: "n"))
  var embeddingSize: String?

  @Option(
    parsing: .unconditional,
    help: .setting("context", "How many tokens the cell feed-forward sees, 1 to 64.", valueName: "n"))
  var context: String?

  @Flag(inversion: .prefixedNo, help: "Let each layer above the first add its input to its output.")
  var residual: Bool?

  @Option(
    parsing: .unconditional,
    help: .setting("projection-size", "The width to which an lstm's output is projected, or none.", valueName: "n"))
  var projectionSize: String?

  @Flag(inversion: .prefixedNo, help: "Normalise what an lstm's gates are made of (layer normalisation).")
  var layerNorm: Bool?

  @Flag(inversion: .prefixedNo, help: "Learn the state that a text begins from, in place of zeros.")
  var learnInitialState: Bool?

  @Flag(
    inversion: .prefixedNo,
    help: """
      Let a second stack of as many layers read the text backwards: for 'fill' and for a pseudo-perplexity; 'generate' \
      writes with the forward stack.
      """)
  var bidirectional: Bool?

  var given: [String: String?] {
    [
      "cell": cell, "layers": layers, "hidden-size": hiddenSize, "embedding-size": embeddingSize, "context": context,
      "residual": residual.map(String.init), "projection-size": projectionSize,
      "layer-norm": layerNorm.map(String.init), "bidirectional": bidirectional.map(String.init),
      "learn-initial-state": learnInitialState.map(String.init),
    ]
  }
}

/// What a model to be trained has beside its shape.
struct TrainedModelOptions: SettingsGroup {
  @OptionGroup var shape: ModelOptions

  @Flag(
    inversion: .prefixedNo,
    help: """
      Use the embedding's matrix for the output, too; the embedding size then is the hidden size, or that of the \
      projection, unless it is given. With another one a matrix brings the layers' output to its width.
      """)
  var tieEmbeddings: Bool?

  @Option(
    parsing: .unconditional,
    help: .setting(
      "dropout", "The share dropped after the embedding, between layers and before the output.", valueName: "p"))
  var dropout: String?

  @Option(
    help: .setting(
      "document",
      "Where the state begins anew: \(Settings.list(DocumentUnit.allCases.map(\.rawValue))). A line is then a text by itself.",
      valueName: "unit"))
  var document: String?

  var given: [String: String?] {
    shape.given.merging(
      ["tie-embeddings": tieEmbeddings.map(String.init), "dropout": dropout, "document": document]
    ) { $1 }
  }
}

extension Settings {
  /// One matrix has one width: where embeddings are tied and nobody gives theirs, it is that of the layers' output.
  mutating func tieSizes() {
    guard flag("tie-embeddings"), !given.contains("embedding-size") else { return }
    set("embedding-size", to: text(text("projection-size") == "none" ? "hidden-size" : "projection-size"))
  }

  /// The model's shape, for a vocabulary.
  func modelConfiguration(for vocabulary: Vocabulary) throws -> ModelConfiguration {
    let document: DocumentUnit = try choice("document")
    return try modelConfiguration(
      vocabularySize: vocabulary.count, resetTokens: document.networkResets(in: vocabulary))
  }

  /// The model's shape, for a vocabulary of `vocabularySize` tokens, of which some begin a text.
  func modelConfiguration(vocabularySize: Int, resetTokens: [Int32] = []) throws -> ModelConfiguration {
    let sizes = 1...1_000_000
    let configuration = ModelConfiguration(
      cell: try choice("cell"), vocabularySize: vocabularySize,
      embeddingSize: try wholeNumber("embedding-size", in: sizes),
      hiddenSize: try wholeNumber("hidden-size", in: sizes), layers: try wholeNumber("layers", in: 1...64),
      tiesEmbeddings: flag("tie-embeddings"),
      dropout: try probability("dropout"),
      projectionSize: try wholeNumber("projection-size", in: sizes, or: "none"), normalizesGates: flag("layer-norm"),
      isResidual: flag("residual"), isBidirectional: flag("bidirectional"),
      context: try wholeNumber("context", in: 1...64), learnsInitialState: flag("learn-initial-state"),
      resetTokens: resetTokens,
      adaptiveCutoffs: try adaptiveCutoffs(),
      regularization: try regularization())
    if given.contains("context"), configuration.cell != .feedForward {
      throw ValidationError(
        "--context: only the cell 'feed-forward' has one, and the cell is '\(configuration.cell.rawValue)'. "
          + "Leave the option out.")
    }
    if configuration.learnsInitialState, configuration.cell == .feedForward {
      throw ValidationError(
        "--learn-initial-state: the cell 'feed-forward' carries nothing but what it has read. Leave the option out.")
    }
    if configuration.tiesEmbeddings, configuration.isBidirectional {
      throw ValidationError(
        "--tie-embeddings, --bidirectional: the output of a bidirectional model has a matrix for each direction, and the "
          + "embedding is one. Leave one of them out.")
    }
    if configuration.isBidirectional, configuration.layers > 32 {
      throw ValidationError(
        "--layers: expected a whole number from 1 to 32 beside --bidirectional, found \(configuration.layers).")
    }
    if !resetTokens.isEmpty {
      let reasons = [
        ("bidirectional", configuration.isBidirectional), ("cell feed-forward", configuration.cell == .feedForward),
        ("temporal-activation-regularization", configuration.regularization.temporalPenalty != 0),
      ]
      for (option, isGiven) in reasons where isGiven {
        throw ValidationError(
          "--document line, --\(option): the second goes on over the ends of lines. Leave one of them out.")
      }
    }
    try checkSoftmax(configuration)
    try Self.asUsage { try configuration.validate() }
    return configuration
  }
}
