public import TsuzuriData
public import TsuzuriEvaluation
public import TsuzuriGeneration
public import TsuzuriModelFolder
public import TsuzuriText

/// An n-gram model with the tokenizer that it was trained with: what is needed to write and to measure text.
///
/// ```swift
/// let corpus = try CorpusTokenizer(…).tokenize(sources, validation: .fraction(0.05))
/// let model = try NGramTextModel(trainedOn: corpus, order: 5)
/// print(try model.evaluate(.file("other.txt")).perplexity)
/// ```
public struct NGramTextModel: Sendable {
  /// The probabilities.
  public let model: NGramModel
  /// What turns text into its token ids and back.
  public let tokenizer: Tokenizer
  /// What `config.json` says of it.
  public var description: NGramDescription

  /// Puts the parts together.
  public init(model: NGramModel, tokenizer: Tokenizer, description: NGramDescription) {
    self.model = model
    self.tokenizer = tokenizer
    self.description = description
  }

  /// Trains a model on the training part of a corpus.
  ///
  /// - Parameters:
  ///   - corpus: the tokens and what they mean.
  ///   - order: N, how many tokens the longest n-gram has.
  ///   - document: what no n-gram reaches beyond.
  ///   - record: what `config.json` tells of the training; tokens and ICU's version are filled in.
  /// - Throws: ``NGramError``.
  /// - Complexity: as ``NGramEstimate/init(of:range:configuration:predictsEndOfText:)``.
  public init(
    trainedOn corpus: TokenizedCorpus, order: Int, document: DocumentUnit = .text, record: TrainingRecord? = nil
  ) throws {
    let vocabulary = corpus.vocabulary
    let estimate = try NGramEstimate(
      of: corpus.tokens, range: corpus.trainingRange,
      configuration: NGramConfiguration(
        order: order, vocabularySize: vocabulary.count, document: document, resets: document.resets(in: vocabulary)),
      predictsEndOfText: document.predictsEndOfText(in: vocabulary))
    var record = record ?? TrainingRecord(corpus: [], validation: "")
    record.tokens = estimate.tokens
    record.environment = ["icu": ICUVersion.current]
    self.init(
      model: estimate.model, tokenizer: corpus.tokenizer,
      description: NGramDescription(
        model: estimate.model.configuration, counts: estimate.model.counts, discounts: estimate.discounts,
        tokenizer: corpus.tokenizer.configuration, training: record))
  }

  /// A scorer of texts for the model's level: `<eos>` is scored where it ends lines.
  public func makeScorer(window: Int? = nil) -> NGramScorer {
    NGramScorer(model: model, scoresEndOfText: tokenizer.level.scoresEndOfText, resetInterval: window)
  }

  /// How well the model predicts a text.
  ///
  /// - Throws: `TextError` for a text that cannot be read.
  public func evaluate(_ source: TextSource, window: Int? = nil) throws -> Evaluation {
    let evaluator = Evaluator(scorer: makeScorer(window: window), tokenizer: tokenizer)
    try evaluator.evaluate(source)
    return evaluator.evaluation
  }

  /// Text that the model writes after a prompt.
  ///
  /// - Throws: `GenerationError` for an option that cannot be, `TextError` where ICU cannot cut the prompt.
  public func generate(prompt: String = "", options: GenerationOptions = GenerationOptions()) throws -> TextGenerator {
    let (model, count) = (model, options.sequences)
    return try TextGenerator(
      vocabularySize: model.configuration.vocabularySize, tokenizer: tokenizer, prompt: prompt, options: options
    ) {
      NGramSession(model: model, sequences: count)
    }
  }

  /// The loss on the corpus's validation part, as ``evaluate(_:window:)`` finds it; nil where there is none.
  ///
  /// - Throws: ``NGramError/tokenOutOfRange(id:vocabularySize:)``, or where the tokens cannot be read.
  public func validationLoss(on corpus: TokenizedCorpus) throws -> Double? {
    guard let text = corpus.validation, !text.range.isEmpty else { return nil }
    let scorer = makeScorer()
    let scoresEndOfText = tokenizer.level.scoresEndOfText
    var (nats, count) = (0.0, 0)
    for start in stride(from: text.range.lowerBound, to: text.range.upperBound, by: 1 << 16) {
      let ids = try text.tokens.tokens(in: start..<min(text.range.upperBound, start + 1 << 16))
      for (id, loss) in zip(ids, try scorer.score(ids)) where id != Vocabulary.endOfText || scoresEndOfText {
        nats += Double(loss)
        count += 1
      }
    }
    return nats / Double(count)
  }
}
