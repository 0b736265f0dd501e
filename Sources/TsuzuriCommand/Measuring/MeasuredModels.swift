import Tsuzuri

/// The models that measure a text, and what each has to say in it.
struct MeasuredModels {
  private let models: [(folder: String, model: StoredModel)]
  private let tuningText: String?
  private let adaptation: Adaptation?
  /// The weights; as long as they are to be found, all the same.
  private(set) var weights: [Double]
  /// The networks that go with the text, once a scorer was made.
  private(set) var adapted: [AdaptedModel] = []

  /// - Throws: `CommandError` for models that cannot be mixed.
  init(
    _ models: [(folder: String, model: StoredModel)], weights: [Double]?, tuningText: String?,
    adaptation: Adaptation? = nil
  ) throws {
    self.models = models
    self.adaptation = adaptation
    self.tuningText = tuningText
    self.weights = weights ?? [Double](repeating: 1 / Double(models.count), count: models.count)
    let first = models[0]
    for (folder, model) in models where models.count > 1 {
      if model.isBidirectional { throw CommandError.bidirectional(folder) }
      let (a, b) = (first.model.tokenizer, model.tokenizer)
      guard a.vocabulary == b.vocabulary, a.configuration.segmentation == b.configuration.segmentation,
        a.configuration.text.normalization == b.configuration.text.normalization
      else { throw CommandError.otherTokens(folder, than: first.folder) }
    }
  }

  /// The models with their weights, where there are several.
  var mixture: [(folder: String, weight: Double)]? {
    models.count < 2 ? nil : zip(models, weights).map { ($0.folder, $1) }
  }

  /// The tokenizer that all of them have.
  var tokenizer: Tokenizer { models[0].model.tokenizer }

  /// An evaluator before the first text; the weights are found first, where that was asked for.
  mutating func makeEvaluator(
    tokenizer: Tokenizer, window: Int?, threads: Int, _ screen: Screen
  ) throws -> Evaluator {
    if models.count == 1, adaptation == nil {
      if let window, case .recurrent(let network) = models[0].model {
        try MemoryNeed.checkMeasuring(network.model.configuration, window: window)
      }
      return models[0].model.makeEvaluator(tokenizer: tokenizer, window: window, threads: threads)
    }
    return Evaluator(
      scorer: try makeScorer(tokenizer: tokenizer, window: window, threads: threads, screen), tokenizer: tokenizer,
      threads: threads)
  }

  /// An evaluator that takes texts side by side.
  func makeBatchEvaluator(tokenizer: Tokenizer, lanes: Int, threads: Int) throws -> BatchEvaluator {
    let (folder, model) = models[0]
    guard case .recurrent(let network) = model, !model.isBidirectional else {
      throw CommandError.noLanes(folder: folder, isBidirectional: model.isBidirectional)
    }
    return BatchEvaluator(model: network.model, tokenizer: tokenizer, lanes: lanes, threads: threads)
  }

  /// A scorer before the first token; the weights are found first, where that was asked for.
  mutating func makeScorer(
    tokenizer: Tokenizer, window: Int?, threads: Int, _ screen: Screen
  ) throws -> any TokenScorer {
    for (folder, model) in models where model.isBidirectional { throw CommandError.bidirectional(folder) }
    let tuning = try tuningText.map { try ScoredText(at: $0, tokenizer: tokenizer, threads: threads) }
    let scorers = try models.map { folder, model in
      guard let adaptation, case .recurrent(let network) = model else {
        return model.makeScorer(window: window, threads: threads)
      }
      let (scorer, result) = try AdaptingNetwork(
        model: network, folder: folder, window: window, threads: threads, tuning: tuning, screen: screen
      ).scorer(adaptation)
      adapted.append(result)
      return scorer
    }
    if adaptation != nil, adapted.isEmpty { throw CommandError.nothingToAdapt(folder: models[0].folder) }
    if scorers.count == 1 { return scorers[0] }
    if let tuning {
      weights = MixtureScorer.weights(of: try losses(of: scorers, on: tuning, screen))
      for scorer in scorers { scorer.reset() }
    }
    return MixtureScorer(scorers, weights: weights)
  }

  /// For each model the losses of a text's scored tokens.
  private func losses(of scorers: [any TokenScorer], on text: ScoredText, _ screen: Screen) throws -> [[Float]] {
    var losses = [[Float]](repeating: [], count: scorers.count)
    try text.forEachPart { tokens in
      for (index, scorer) in scorers.enumerated() {
        for (token, loss) in zip(tokens, try scorer.score(tokens)) where text.isScored(token) {
          losses[index].append(loss)
        }
      }
      screen.show { _ in "finding the weights: \(Figures.count(losses[0].count)) tokens" }
    }
    screen.clear()
    return losses
  }
}
