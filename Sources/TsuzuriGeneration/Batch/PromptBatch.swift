internal import TsuzuriKernels
public import TsuzuriModel
public import TsuzuriText

/// Texts after many prompts, some of them side by side.
///
/// ```swift
/// let batch = try PromptBatch(model: model, tokenizer: tokenizer, requests: prompts.map { .init(prompt: $0) })
/// try batch.run { sample in print(sample.index, sample.text) }
/// ```
/// A model's sequences are lanes. A lane reads a prompt, a token a step beside the others, writes the text behind it, and
/// takes the next prompt as soon as that has ended, so that a long text holds nobody up.
///
/// What is written depends neither on how many lanes there are, nor on the prompts beside it, nor on the threads: request i
/// draws from stream i of the seed, as sample i of a ``TextGenerator`` does, or from stream 0 of a seed of its own, as a
/// generator's first sample; and a row of a packed product has the same bits whatever stands beside it. So a request writes
/// what `TextGenerator` writes after the same prompt, to the last bit.
public struct PromptBatch: Sendable {
  /// A prompt, and what holds for its text alone; nil where nothing differs from the options.
  public struct Request: Sendable, Hashable {
    /// What the text begins with; empty begins a new one.
    public var prompt: String
    /// The most tokens of the text.
    public var maxTokens: Int?
    /// The fewest tokens of the text.
    public var minTokens: Int?
    /// Texts that end it.
    public var stopTexts: [String]?
    /// A seed of its own.
    public var seed: UInt64?

    /// A request.
    public init(
      prompt: String, maxTokens: Int? = nil, minTokens: Int? = nil, stopTexts: [String]? = nil, seed: UInt64? = nil
    ) {
      self.prompt = prompt
      self.maxTokens = maxTokens
      self.minTokens = minTokens
      self.stopTexts = stopTexts
      self.seed = seed
    }
  }

  /// How many lanes there are unless told.
  public static let usualLanes = 32

  let tokenizer: Tokenizer
  let requests: [Request]
  let options: GenerationOptions
  let limits: TextLimits
  let lanes: Int
  private let threads: Int
  private let makeModel: @Sendable (WorkerPool) throws -> any BranchingModel

  /// A batch for a network.
  ///
  /// - Parameters:
  ///   - model: the network.
  ///   - tokenizer: what its token ids stand for.
  ///   - requests: the prompts.
  ///   - options: how much is written after each, and by which rules; one sample each.
  ///   - lanes: how many prompts are written after side by side.
  ///   - threads: how many share the work; nil for as many as the process may use.
  /// - Throws: `GenerationError.invalidOption`, `GenerationError.invalidRequest`, `GenerationError.vocabularyMismatch`, and
  ///   `TextError` where ICU cannot cut a stop text.
  public init(
    model: LanguageModel, tokenizer: Tokenizer, requests: [Request], options: GenerationOptions = GenerationOptions(),
    lanes: Int = usualLanes, threads: Int? = nil
  ) throws {
    let count = min(lanes, requests.count)
    try self.init(
      vocabularySize: model.configuration.vocabularySize, tokenizer: tokenizer, requests: requests, options: options,
      lanes: lanes, threads: threads ?? WorkerPool.availableProcessors
    ) { InferenceSession(model: model, sequences: count, pool: $0) }
  }

  /// A batch for a model that `makeModel` makes, with as many sequences as it is told.
  ///
  /// - Throws: as ``init(model:tokenizer:requests:options:lanes:threads:)``.
  public init(
    vocabularySize: Int, tokenizer: Tokenizer, requests: [Request], options: GenerationOptions = GenerationOptions(),
    lanes: Int = usualLanes, makeModel: @escaping @Sendable (_ sequences: Int) throws -> any BranchingModel
  ) throws {
    let count = min(lanes, requests.count)
    try self.init(
      vocabularySize: vocabularySize, tokenizer: tokenizer, requests: requests, options: options, lanes: lanes,
      threads: 1
    ) { _ in try makeModel(count) }
  }

  private init(
    vocabularySize: Int, tokenizer: Tokenizer, requests: [Request], options: GenerationOptions, lanes: Int,
    threads: Int, makeModel: @escaping @Sendable (WorkerPool) throws -> any BranchingModel
  ) throws {
    try Self.check(options, lanes)
    try options.rules.validateTokens(below: vocabularySize)
    guard vocabularySize == tokenizer.vocabulary.count else {
      throw GenerationError.vocabularyMismatch(model: vocabularySize, vocabulary: tokenizer.vocabulary.count)
    }
    for (index, request) in requests.enumerated() {
      do {
        try request.applied(to: options).validate()
      } catch {
        throw GenerationError.invalidRequest(index: index, reason: "\(error)")
      }
    }
    self.tokenizer = tokenizer
    self.requests = requests
    self.options = options
    self.lanes = min(lanes, requests.count)
    self.threads = threads
    self.makeModel = makeModel
    limits = try TextLimits(options, tokenizer)
  }

  private static func check(_ options: GenerationOptions, _ lanes: Int) throws {
    func check(_ isValid: Bool, _ name: String, _ expected: String, _ found: Any, _ advice: String) throws {
      guard isValid else {
        throw GenerationError.invalidOption(name: name, expected: expected, found: "\(found)", advice: advice)
      }
    }
    try options.validate()
    try check(lanes >= 1, "batch", "a whole number of 1 or more", lanes, "\(usualLanes) is the default.")
    try check(
      options.sampleCount == 1, "num-samples", "1 for each prompt", options.sampleCount, "Repeat the prompt instead.")
    try check(options.beam == nil, "beam", "none where there are several prompts", "one", "Search after one at a time.")
  }

  /// Writes all texts now, and hands on each as soon as it and those before it are there: in the requests' order.
  ///
  /// - Parameter body: is given samples whose `index` is the request's.
  /// - Throws: what the model and `body` throw, `GenerationError.invalidLogit`, and `TextError` where ICU cannot cut a
  ///   prompt.
  public func run(_ body: (GeneratedSample) throws -> Void) throws {
    if requests.isEmpty { return }
    let pool = WorkerPool(threads: threads)
    var loop = PromptBatchLoop(self, model: try makeModel(pool), pool: pool)
    while try loop.step(body) {}
  }
}

extension PromptBatch.Request {
  /// The options with what differs for this request.
  func applied(to options: GenerationOptions) -> GenerationOptions {
    var options = options
    options.maxTokens = maxTokens ?? options.maxTokens
    options.minTokens = minTokens ?? options.minTokens
    options.stopTexts = stopTexts ?? options.stopTexts
    return options
  }
}
