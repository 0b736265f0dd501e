internal import TsuzuriData
internal import TsuzuriModel
public import TsuzuriModelFolder
public import TsuzuriText
public import TsuzuriTraining

extension TextModel {
  /// Trains a model on a text.
  ///
  /// ```swift
  /// let model = try TextModel.train(on: story, hiddenSize: 128, training: TrainingConfiguration(epochs: 30))
  /// ```
  /// The vocabulary is that of the text; what a prompt has beside it is spelled with smaller tokens. With the same
  /// arguments the same model comes out. For files, folders, other vocabularies or a run that can be resumed, put
  /// `CorpusTokenizer` and `Trainer` together yourself: this function does nothing else.
  ///
  /// - Parameters:
  ///   - text: What to learn from. Without the last twentieth it needs one window of every lane at least (2,049 tokens by
  ///     default).
  ///   - level: What a token is.
  ///   - validation: The fraction of the text, at its end, that the model is measured on and never sees. The weights
  ///     with the lowest loss there are the result; with 0 the last ones are.
  ///   - layers: L, the number of recurrent layers.
  ///   - hiddenSize: H, the width of a layer's state.
  ///   - embeddingSize: E, the width of a token's vector.
  ///   - dropout: The share of elements that training drops.
  ///   - training: Batch size, window, optimizer, learning rate, how long, and the seed.
  ///   - threads: How many threads work; the result does not depend on it.
  ///   - onEvent: Is told what happens, on the calling thread; what it throws ends the run.
  /// - Throws: `CancellationError` where the task that calls is cancelled, `CorpusError` and `LaneError` for a text that
  ///   is too short, `ModelError` and `OptimizationError` for numbers that cannot be, `TrainingError` for a run that
  ///   came to nothing.
  public static func train(
    on text: String, level: TokenLevel = .character, validation: Double = 0.05, layers: Int = 2, hiddenSize: Int = 256,
    embeddingSize: Int = 128, dropout: Float = 0, training: TrainingConfiguration = TrainingConfiguration(),
    threads: Int = Trainer.availableProcessors, onEvent: (TrainingEvent) throws -> Void = { _ in }
  ) throws -> TextModel {
    let corpus = try CorpusTokenizer(
      configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: level)),
      vocabulary: .built(.standard(for: level)), threads: threads
    ).tokenize([.text(text)], validation: .fraction(validation))
    let shape = ModelConfiguration(
      vocabularySize: corpus.vocabulary.count, embeddingSize: embeddingSize, hiddenSize: hiddenSize, layers: layers,
      dropout: dropout)
    let trainer = try Trainer(
      text: TrainingText(corpus), model: shape, configuration: training, threads: threads)
    let result = try trainer.run(onEvent: onEvent, shouldStop: { Task.isCancelled })
    if result.isInterrupted { throw CancellationError() }
    let record = TrainingRecord(
      corpus: [], validation: "\(validation)", steps: result.steps, tokens: result.tokens,
      validationLoss: result.validationLoss, environment: Trainer.environment)
    return TextModel(
      model: trainer.bestModel, tokenizer: corpus.tokenizer,
      description: ModelDescription(
        architecture: shape, tokenizer: corpus.tokenizer.configuration, training: record))
  }
}
