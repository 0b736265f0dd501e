public import TsuzuriEvaluation
public import TsuzuriGeneration
internal import TsuzuriModel
public import TsuzuriModelFolder
public import TsuzuriText

/// A model of any kind from a folder: one that writes and can be measured.
public enum StoredModel: Sendable {
  /// A recurrent network.
  case recurrent(TextModel)
  /// An n-gram model.
  case ngram(NGramTextModel)

  /// What turns text into the model's token ids and back.
  public var tokenizer: Tokenizer {
    switch self {
    case .recurrent(let model): model.tokenizer
    case .ngram(let model): model.tokenizer
    }
  }

  /// Whether it reads a text from both sides: then its losses are no code of the text, and no mixture with others is.
  public var isBidirectional: Bool {
    if case .recurrent(let model) = self { model.model.configuration.isBidirectional } else { false }
  }

  /// A scorer of texts for the model's level, before the first token: `<eos>` is scored where it ends lines.
  ///
  /// - Parameters:
  ///   - window: after how many tokens the model forgets; nil never.
  ///   - threads: how many threads work; the result does not depend on it.
  /// - Precondition: the model is not bidirectional.
  public func makeScorer(window: Int? = nil, threads: Int = 1) -> any TokenScorer {
    precondition(!isBidirectional, "a scorer of one direction is asked of a bidirectional model")
    return switch self {
    case .recurrent(let model):
      SequenceScorer(
        model: model.model, scoresEndOfText: tokenizer.level.scoresEndOfText, resetInterval: window, threads: threads)
    case .ngram(let model): model.makeScorer(window: window)
    }
  }

  /// An evaluator before the first text.
  ///
  /// - Parameters:
  ///   - tokenizer: the model's own, or one that reads files in another way.
  ///   - window: after how many tokens the model forgets; nil never.
  ///   - threads: how many threads work; the result does not depend on it.
  public func makeEvaluator(tokenizer: Tokenizer, window: Int? = nil, threads: Int = 1) -> Evaluator {
    switch self {
    case .recurrent(let model):
      Evaluator(model: model.model, tokenizer: tokenizer, window: window, threads: threads)
    case .ngram(let model):
      Evaluator(scorer: model.makeScorer(window: window), tokenizer: tokenizer, threads: threads)
    }
  }

  /// Text that the model writes after a prompt.
  ///
  /// - Throws: `GenerationError` for an option that cannot be, `TextError` where ICU cannot cut the prompt.
  public func generate(
    prompt: String = "", options: GenerationOptions = GenerationOptions(), threads: Int? = nil
  ) throws -> TextGenerator {
    switch self {
    case .recurrent(let model):
      try TextGenerator(
        model: model.model, tokenizer: model.tokenizer, prompt: prompt, options: options, threads: threads)
    case .ngram(let model): try model.generate(prompt: prompt, options: options)
    }
  }

  /// A session in which somebody and the model write in turns.
  ///
  /// - Throws: `GenerationError.vocabularyMismatch`.
  public func session(seed: UInt64 = 1, threads: Int? = nil) throws -> WritingSession {
    switch self {
    case .recurrent(let model):
      try WritingSession(model: model.model, tokenizer: model.tokenizer, seed: seed, threads: threads)
    case .ngram(let model):
      try WritingSession(model: NGramSession(model: model.model), tokenizer: model.tokenizer, seed: seed)
    }
  }

  /// Texts that the model writes after many prompts, some of them side by side.
  ///
  /// - Throws: `GenerationError` for an option that cannot be, `TextError` where ICU cannot cut a stop text.
  public func generate(
    after requests: [PromptBatch.Request], options: GenerationOptions = GenerationOptions(),
    lanes: Int = PromptBatch.usualLanes, threads: Int? = nil
  ) throws -> PromptBatch {
    switch self {
    case .recurrent(let model):
      try PromptBatch(
        model: model.model, tokenizer: model.tokenizer, requests: requests, options: options, lanes: lanes,
        threads: threads)
    case .ngram(let model):
      try PromptBatch(
        vocabularySize: model.model.configuration.vocabularySize, tokenizer: model.tokenizer, requests: requests,
        options: options, lanes: lanes
      ) { NGramSession(model: model.model, sequences: $0) }
    }
  }
}

extension ModelFolder {
  /// Reads the model, whichever kind it is.
  ///
  /// - Throws: as `load()` and ``loadNGram()``.
  public func loadAny() throws -> StoredModel {
    switch try readKind() {
    case .recurrent: .recurrent(try load())
    case .ngram: .ngram(try loadNGram())
    }
  }
}
