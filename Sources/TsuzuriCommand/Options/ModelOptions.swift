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

  var given: [String: String?] {
    ["cell": cell, "layers": layers, "hidden-size": hiddenSize, "embedding-size": embeddingSize]
  }
}

/// What a model to be trained has beside its shape.
struct TrainedModelOptions: SettingsGroup {
  @OptionGroup var shape: ModelOptions

  @Flag(
    inversion: .prefixedNo,
    help: """
      Use the embedding's matrix for the output, too; the embedding size then is the hidden size, unless it is given.
      """)
  var tieEmbeddings: Bool?

  @Option(
    parsing: .unconditional,
    help: .setting(
      "dropout", "The share dropped after the embedding, between layers and before the output.", valueName: "p"))
  var dropout: String?

  var given: [String: String?] {
    shape.given.merging(["tie-embeddings": tieEmbeddings.map(String.init), "dropout": dropout]) { $1 }
  }
}

extension Settings {
  /// One matrix has one width: where embeddings are tied and nobody gives theirs, it is the layers'.
  mutating func tieSizes() {
    if flag("tie-embeddings"), !given.contains("embedding-size") { set("embedding-size", to: text("hidden-size")) }
  }

  /// The model's shape, for a vocabulary of `vocabularySize` tokens.
  func modelConfiguration(vocabularySize: Int) throws -> ModelConfiguration {
    let sizes = 1...1_000_000
    let configuration = ModelConfiguration(
      cell: try choice("cell"), vocabularySize: vocabularySize,
      embeddingSize: try wholeNumber("embedding-size", in: sizes),
      hiddenSize: try wholeNumber("hidden-size", in: sizes), layers: try wholeNumber("layers", in: 1...64),
      tiesEmbeddings: flag("tie-embeddings"),
      dropout: Float(
        try number("dropout", expected: "a number from 0 up to, not including, 1") { $0 >= 0 && Float($0) < 1 }))
    if configuration.tiesEmbeddings, configuration.embeddingSize != configuration.hiddenSize {
      throw ValidationError(
        "--tie-embeddings: expected an embedding size equal to the hidden size, \(configuration.hiddenSize), "
          + "found \(configuration.embeddingSize). Give --embedding-size \(configuration.hiddenSize).")
    }
    try Self.asUsage { try configuration.validate() }
    return configuration
  }
}
