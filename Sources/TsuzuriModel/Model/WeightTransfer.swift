internal import TsuzuriKernels

extension LanguageModel {
  /// A model with another vocabulary that starts from this one's weights.
  ///
  /// The recurrent layers are taken as they are. Rows of the embedding and of the output projection are taken where the
  /// same token has one here; new tokens start fresh, as in an untrained model, and as unlikely as the least likely one
  /// that is known.
  ///
  /// - Parameters:
  ///   - configuration: the new model; only its vocabulary and dropout may differ.
  ///   - correspondence: for each id of the new vocabulary the id here, or nil.
  ///   - seed: what new tokens are drawn from.
  /// - Throws: ``ModelError/invalidConfiguration(field:expected:found:)`` for a model of other sizes.
  public func transferred(
    to configuration: ModelConfiguration, correspondence: [Int32?], seed: UInt64 = 1
  ) throws(ModelError) -> LanguageModel {
    try configuration.validate()
    precondition(
      correspondence.count == configuration.vocabularySize,
      "\(correspondence.count) tokens are mapped, expected \(configuration.vocabularySize)")
    func require<Value: Equatable>(_ field: String, _ path: KeyPath<ModelConfiguration, Value>) throws(ModelError) {
      let (expected, found) = (self.configuration[keyPath: path], configuration[keyPath: path])
      if expected != found {
        throw .invalidConfiguration(
          field: field, expected: "\(expected), as in the model that the weights come from", found: "\(found)")
      }
    }
    try require("cell", \.cell)
    try require("embedding size", \.embeddingSize)
    try require("hidden size", \.hiddenSize)
    try require("layers", \.layers)
    try require("projection size", \.projectionSize)
    try require("normalised gates", \.normalizesGates)
    try require("residual layers", \.isResidual)
    try require("bidirectional stacks", \.isBidirectional)
    try require("context", \.context)
    try require("learned initial state", \.learnsInitialState)
    try require("tied embeddings", \.tiesEmbeddings)
    if !adaptiveCutoffs(matching: configuration, correspondence) {
      throw .invalidConfiguration(
        field: "adaptive softmax",
        expected: "none, or the same tokens, as the weights of its clusters belong to places and not to tokens",
        found: "one, and other tokens")
    }
    let fresh = try LanguageModel(untrained: configuration, seed: seed)
    let perToken =
      configuration.adaptiveCutoffs.isEmpty
      ? Set([ParameterName.embedding, ParameterName.outputBias] + ParameterName.outputs(configuration)) : []
    for slice in fresh.layout.slices {
      let target = fresh.parameters.pointer + slice.offset
      let source = parameters.pointer + layout[slice.name].offset
      guard perToken.contains(slice.name) else {
        target.update(from: source, count: slice.count)
        continue
      }
      let width = slice.count / configuration.vocabularySize
      for (id, old) in correspondence.enumerated() {
        guard let old, old >= 0, Int(old) < self.configuration.vocabularySize else { continue }
        (target + id * width).update(from: source + Int(old) * width, count: width)
      }
    }
    if !configuration.adaptiveCutoffs.isEmpty {
      return LanguageModel(configuration, layout: fresh.layout, parameters: fresh.parameters)
    }
    let bias = fresh.parameters.pointer + fresh.layout[ParameterName.outputBias].offset
    let known = correspondence.indices.filter { correspondence[$0] != nil }
    let lowest = known.map { bias[$0] }.min() ?? 0
    for id in correspondence.indices where correspondence[id] == nil { bias[id] = lowest }
    return LanguageModel(configuration, layout: fresh.layout, parameters: fresh.parameters)
  }

  /// Whether the output's weights can be taken: they belong to tokens, or the tokens are the same.
  private func adaptiveCutoffs(matching other: ModelConfiguration, _ correspondence: [Int32?]) -> Bool {
    if configuration.adaptiveCutoffs.isEmpty, other.adaptiveCutoffs.isEmpty { return true }
    return configuration.adaptiveCutoffs == other.adaptiveCutoffs
      && configuration.vocabularySize == other.vocabularySize
      && correspondence.enumerated().allSatisfy { $1 == Int32($0) }
  }
}
