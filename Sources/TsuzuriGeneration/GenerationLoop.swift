internal import TsuzuriKernels
internal import TsuzuriText

/// Texts on their way, step by step.
protocol WritingLoop {
  /// Whether every text has ended.
  var isFinished: Bool { get }
  /// Goes on by a token of each text, and hands on what has become of them.
  mutating func step(_ body: (TextPiece) throws -> Void) throws
}

/// The road of writing, one token of every sample a step: feed → logits → sampling rules → token → text.
///
/// The samples run side by side in one batch. One that has ended is fed `<eos>` until the last one ends; nobody looks
/// at what comes of it.
struct GenerationLoop: WritingLoop {
  private let model: any NextTokenModel
  private let draw: SharedDraw
  private let prompt: Prompt
  private let maxTokens: Int
  private var writers: [SampleWriter]
  /// The tokens to feed, one a sample.
  private var next: [Int32]
  private var isStarted = false

  /// - Precondition: `model` is fresh and has as many sequences as `options` asks for.
  init(
    model: any NextTokenModel, tokenizer: Tokenizer, prompt: Prompt, options: GenerationOptions, limits: TextLimits,
    pool: WorkerPool
  ) {
    precondition(
      model.sequences == options.sampleCount,
      "a model of \(model.sequences) sequences for \(options.sampleCount) samples")
    self.model = model
    self.prompt = prompt
    draw = SharedDraw(
      rules: options.rules, vocabularySize: model.vocabularySize, samples: options.sampleCount, pool: pool)
    maxTokens = limits.maxTokens
    writers = (0..<options.sampleCount).map {
      SampleWriter(
        index: $0, prompt: prompt, limits: limits, tokenizer: tokenizer,
        generator: CounterBasedGenerator(seed: options.seed, stream: UInt64($0)))
    }
    next = [Int32](repeating: Vocabulary.endOfText, count: options.sampleCount)
  }

  /// Whether every sample has ended.
  var isFinished: Bool { writers.allSatisfy(\.isFinished) }

  /// Draws the next token of every sample that has not ended, and hands on the text that they complete.
  mutating func step(_ body: (TextPiece) throws -> Void) throws {
    guard maxTokens > 0 else {
      for index in writers.indices where !writers[index].isFinished { try body(writers[index].finish(.length)) }
      return
    }
    if isStarted {
      try model.feed(next)
    } else {
      try model.feedPrompt([Vocabulary.endOfText] + prompt.ids)
      isStarted = true
    }
    try draw.draw(&writers, from: model.logits)
    for index in writers.indices where !writers[index].isFinished {
      let piece = writers[index].advance()
      next[index] = writers[index].isFinished ? Vocabulary.endOfText : writers[index].lastToken
      if let piece { try body(piece) }
    }
  }
}
