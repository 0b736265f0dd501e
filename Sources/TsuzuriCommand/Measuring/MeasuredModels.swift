import Tsuzuri

/// The models that measure a text, and what each has to say in it.
struct MeasuredModels {
  private let models: [(folder: String, model: StoredModel)]
  private let tuningText: String?
  /// The weights; as long as they are to be found, all the same.
  private(set) var weights: [Double]

  /// - Throws: `CommandError` for models that cannot be mixed.
  init(_ models: [(folder: String, model: StoredModel)], weights: [Double]?, tuningText: String?) throws {
    self.models = models
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
    guard models.count > 1 else {
      return models[0].model.makeEvaluator(tokenizer: tokenizer, window: window, threads: threads)
    }
    return Evaluator(
      scorer: try makeScorer(tokenizer: tokenizer, window: window, threads: threads, screen), tokenizer: tokenizer,
      threads: threads)
  }

  /// A scorer before the first token; the weights are found first, where that was asked for.
  mutating func makeScorer(
    tokenizer: Tokenizer, window: Int?, threads: Int, _ screen: Screen
  ) throws -> any TokenScorer {
    for (folder, model) in models where model.isBidirectional { throw CommandError.bidirectional(folder) }
    let scorers = models.map { $0.model.makeScorer(window: window, threads: threads) }
    if scorers.count == 1 { return scorers[0] }
    if let tuningText {
      let sources = try CorpusListing.sources(at: [tuningText])
      weights = MixtureScorer.weights(of: try losses(of: scorers, on: sources, tokenizer, threads, screen))
      screen.clear()
      for scorer in scorers { scorer.reset() }
    }
    return MixtureScorer(scorers, weights: weights)
  }

  /// For each model the losses of the scored tokens of some texts, read as `Evaluator` reads them.
  private func losses(
    of scorers: [any TokenScorer], on sources: [TextSource], _ tokenizer: Tokenizer, _ threads: Int, _ screen: Screen
  ) throws -> [[Float]] {
    var losses = [[Float]](repeating: [], count: scorers.count)
    for (index, source) in sources.enumerated() {
      if index > 0, tokenizer.level != .whitespace {
        for scorer in scorers { _ = try scorer.score([Vocabulary.endOfText]) }
      }
      try tokenizer.encode(source, threads: threads) { block in
        for (index, scorer) in scorers.enumerated() { losses[index] += try scorer.score(block.ids) }
        screen.show { _ in "finding the weights: \(Figures.count(losses[0].count)) tokens" }
      }
    }
    guard !losses[0].isEmpty else { throw CorpusError.empty(names: sources.map(\.name)) }
    return losses
  }
}
