internal import TsuzuriKernels
public import TsuzuriModel
public import TsuzuriText

/// Text that a model writes, as an asynchronous sequence of pieces, or at once.
///
/// ```swift
/// let generator = try TextGenerator(model: model, tokenizer: tokenizer, prompt: "吾輩は")
/// for try await piece in generator { print(piece.text, terminator: "") }
/// ```
/// The prompt is fed after `<eos>`; an empty one begins a new text. Only whole characters come out, as soon as they
/// are there; held back is only what may be the beginning of a stop text. Each iteration starts anew from the same
/// seed and so writes the same text; the sequence can be shared, since every iteration has a state of its own.
///
/// The iterator works on the task that asks for the next piece, and throws `CancellationError` where that is cancelled.
public struct TextGenerator: AsyncSequence, Sendable {
  private let makeModel: @Sendable (WorkerPool) throws -> any NextTokenModel
  private let tokenizer: Tokenizer
  private let prompt: Prompt
  private let options: GenerationOptions
  private let limits: TextLimits
  private let threads: Int

  /// A generator of what `model` writes after `prompt`.
  ///
  /// - Parameters:
  ///   - model: the network.
  ///   - tokenizer: what its token ids stand for.
  ///   - prompt: what stands before the text; empty begins a new one.
  ///   - options: how much is written, and by which rules tokens are drawn.
  ///   - threads: how many share the work; the text does not depend on it. nil for as many as the process may use.
  /// - Throws: `GenerationError.invalidOption`, `GenerationError.vocabularyMismatch`, and `TextError` where ICU cannot
  ///   cut the prompt.
  public init(
    model: LanguageModel, tokenizer: Tokenizer, prompt: String = "", options: GenerationOptions = GenerationOptions(),
    threads: Int? = nil
  ) throws {
    let count = options.sequences
    try self.init(
      vocabularySize: model.configuration.vocabularySize, tokenizer: tokenizer, prompt: prompt, options: options,
      threads: threads ?? WorkerPool.availableProcessors
    ) {
      InferenceSession(model: model, sequences: count, pool: $0)
    }
  }

  /// A generator that asks a model which `makeModel` makes anew for each iteration, with as many sequences as the options
  /// ask for; for a search it is a ``BranchingModel``.
  ///
  /// - Throws: as ``init(model:tokenizer:prompt:options:threads:)``.
  public init(
    vocabularySize: Int, tokenizer: Tokenizer, prompt: String = "", options: GenerationOptions = GenerationOptions(),
    makeModel: @escaping @Sendable () throws -> any NextTokenModel
  ) throws {
    try self.init(
      vocabularySize: vocabularySize, tokenizer: tokenizer, prompt: prompt, options: options, threads: 1
    ) { _ in try makeModel() }
  }

  private init(
    vocabularySize: Int, tokenizer: Tokenizer, prompt: String, options: GenerationOptions, threads: Int,
    makeModel: @escaping @Sendable (WorkerPool) throws -> any NextTokenModel
  ) throws {
    try options.validate()
    try options.rules.validateTokens(below: vocabularySize)
    guard vocabularySize == tokenizer.vocabulary.count else {
      throw GenerationError.vocabularyMismatch(model: vocabularySize, vocabulary: tokenizer.vocabulary.count)
    }
    self.makeModel = makeModel
    self.threads = threads
    self.tokenizer = tokenizer
    self.prompt = try Prompt(prompt, tokenizer)
    self.options = options
    limits = try TextLimits(options, tokenizer)
  }

  /// Writes everything now, and hands on each piece of text as soon as it is there.
  ///
  /// - Returns: the samples, in their order.
  /// - Throws: what the model and `body` throw, and `GenerationError.invalidLogit`.
  @discardableResult
  public func run(_ body: (TextPiece) throws -> Void = { _ in }) throws -> [GeneratedSample] {
    var loop = try makeLoop()
    var samples: [GeneratedSample] = []
    while !loop.isFinished {
      try loop.step { piece in
        if let sample = piece.end { samples.append(sample) }
        try body(piece)
      }
    }
    return samples.sorted { $0.index < $1.index }
  }

  /// An iterator that begins the text.
  public func makeAsyncIterator() -> Iterator { Iterator(generator: self) }

  /// Hands out pieces of text, a few for each token of the samples.
  public struct Iterator: AsyncIteratorProtocol {
    private let generator: TextGenerator
    private var loop: (any WritingLoop)?
    /// Pieces that are there already, the next one last.
    private var pieces: [TextPiece] = []
    private var isEnded = false

    fileprivate init(generator: TextGenerator) { self.generator = generator }

    /// The next piece, or nil where every sample has ended.
    ///
    /// - Throws: `CancellationError`, what the model throws, and `GenerationError.invalidLogit`.
    public mutating func next() async throws -> TextPiece? {
      if isEnded { return nil }
      do {
        try Task.checkCancellation()
        while pieces.isEmpty {
          if loop == nil { loop = try generator.makeLoop() }
          if loop?.isFinished ?? true {
            isEnded = true
            return nil
          }
          // A long text must not keep the other tasks of this thread waiting.
          await Task.yield()
          try Task.checkCancellation()
          try loop?.step { pieces.append($0) }
          pieces.reverse()
        }
        return pieces.removeLast()
      } catch {
        isEnded = true
        loop = nil
        throw error
      }
    }
  }

  fileprivate func makeLoop() throws -> any WritingLoop {
    // One pool for products and draws: the threads of a second would spin while those of the first work.
    let pool = WorkerPool(threads: threads)
    let model = try makeModel(pool)
    guard let search = options.beam else {
      return GenerationLoop(
        model: model, tokenizer: tokenizer, prompt: prompt, options: options, limits: limits, pool: pool)
    }
    guard let model = model as? any BranchingModel else { throw GenerationError.cannotBranch }
    return BeamLoop(
      model: model, tokenizer: tokenizer, prompt: prompt, options: options, limits: limits, search: search)
  }
}
