extension ModelConfiguration {
  /// The names in `config.json`. What came after the format's first version is written only where it is used, and read as
  /// the default where it is absent: so every model of that version loads, and an LSTM's file stays as it was.
  private enum CodingKeys: String, CodingKey {
    case cell, vocabularySize, embeddingSize, hiddenSize, layers, tiesEmbeddings, dropout
    case projectionSize, normalizesGates, isResidual, isBidirectional, context, regularization, resetTokens,
      learnsInitialState
    case adaptiveCutoffs
  }

  /// Reads a configuration of this version of the format or of an earlier one.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let defaults = ModelConfiguration(vocabularySize: 1)
    func flag(_ key: CodingKeys) throws -> Bool { try values.decodeIfPresent(Bool.self, forKey: key) ?? false }
    self.init(
      cell: try values.decode(CellKind.self, forKey: .cell),
      vocabularySize: try values.decode(Int.self, forKey: .vocabularySize),
      embeddingSize: try values.decode(Int.self, forKey: .embeddingSize),
      hiddenSize: try values.decode(Int.self, forKey: .hiddenSize),
      layers: try values.decode(Int.self, forKey: .layers),
      tiesEmbeddings: try values.decode(Bool.self, forKey: .tiesEmbeddings),
      dropout: try values.decode(Float.self, forKey: .dropout),
      projectionSize: try values.decodeIfPresent(Int.self, forKey: .projectionSize),
      normalizesGates: try flag(.normalizesGates), isResidual: try flag(.isResidual),
      isBidirectional: try flag(.isBidirectional),
      context: try values.decodeIfPresent(Int.self, forKey: .context) ?? defaults.context,
      learnsInitialState: try flag(.learnsInitialState),
      resetTokens: try values.decodeIfPresent([Int32].self, forKey: .resetTokens) ?? [],
      adaptiveCutoffs: try values.decodeIfPresent([Int].self, forKey: .adaptiveCutoffs) ?? [],
      regularization: try values.decodeIfPresent(Regularization.self, forKey: .regularization) ?? Regularization())
  }

  /// Writes what differs from a plain LSTM only where it does.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(cell, forKey: .cell)
    try values.encode(vocabularySize, forKey: .vocabularySize)
    try values.encode(embeddingSize, forKey: .embeddingSize)
    try values.encode(hiddenSize, forKey: .hiddenSize)
    try values.encode(layers, forKey: .layers)
    try values.encode(tiesEmbeddings, forKey: .tiesEmbeddings)
    try values.encode(dropout, forKey: .dropout)
    try values.encodeIfPresent(projectionSize, forKey: .projectionSize)
    for (key, flag) in [
      (CodingKeys.normalizesGates, normalizesGates), (.isResidual, isResidual), (.isBidirectional, isBidirectional),
      (.learnsInitialState, learnsInitialState),
    ] where flag { try values.encode(flag, forKey: key) }
    if context != ModelConfiguration(vocabularySize: 1).context { try values.encode(context, forKey: .context) }
    if !resetTokens.isEmpty { try values.encode(resetTokens, forKey: .resetTokens) }
    if !adaptiveCutoffs.isEmpty { try values.encode(adaptiveCutoffs, forKey: .adaptiveCutoffs) }
    if regularization != Regularization() { try values.encode(regularization, forKey: .regularization) }
  }
}
