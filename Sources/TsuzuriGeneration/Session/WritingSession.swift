internal import TsuzuriKernels
public import TsuzuriModel
public import TsuzuriText

/// A text that grows turn by turn: somebody writes a piece, the model goes on, and again.
///
/// The model's state is carried over the turns, and so is what the rules look back on: a model reads each token once, and
/// remembers what stood before as well as it does within a text. A first turn is what a ``TextGenerator`` with the same
/// options writes. Where a text ended by `<eos>`, the next piece begins a new one, as in the training text.
///
/// One session serves one caller at a time.
public final class WritingSession {
  private let model: any BranchingModel
  private let tokenizer: Tokenizer
  private let pool: WorkerPool
  private var generator: CounterBasedGenerator
  /// What the model has not read yet.
  private var unread = [Vocabulary.endOfText]
  /// All tokens since the beginning, of the pieces and of the texts.
  private var history: [Int32] = []
  /// The limits of the last turn: their tables are made anew only where something changed.
  private var last: (options: GenerationOptions, limits: TextLimits)?

  /// A session before its first turn.
  ///
  /// - Parameters:
  ///   - model: the network.
  ///   - tokenizer: what its token ids stand for.
  ///   - seed: where the randomness comes from, for all turns until ``draw(fromSeed:)``.
  ///   - threads: how many share the work; nil for as many as the process may use.
  /// - Throws: `GenerationError.vocabularyMismatch`.
  public convenience init(model: LanguageModel, tokenizer: Tokenizer, seed: UInt64 = 1, threads: Int? = nil) throws {
    let pool = WorkerPool(threads: threads ?? WorkerPool.availableProcessors)
    try self.init(
      InferenceSession(model: model, sequences: 1, pool: pool), tokenizer: tokenizer, seed: seed, pool: pool)
  }

  /// A session with a fresh model of one sequence.
  ///
  /// - Throws: `GenerationError.vocabularyMismatch`.
  public convenience init(model: any BranchingModel, tokenizer: Tokenizer, seed: UInt64 = 1) throws {
    try self.init(model, tokenizer: tokenizer, seed: seed, pool: WorkerPool(threads: 1))
  }

  private init(_ model: any BranchingModel, tokenizer: Tokenizer, seed: UInt64, pool: WorkerPool) throws {
    precondition(model.sequences == 1, "a session has one sequence, and the model \(model.sequences)")
    guard model.vocabularySize == tokenizer.vocabulary.count else {
      throw GenerationError.vocabularyMismatch(model: model.vocabularySize, vocabulary: tokenizer.vocabulary.count)
    }
    self.model = model
    self.tokenizer = tokenizer
    self.pool = pool
    generator = CounterBasedGenerator(seed: seed, stream: 0)
  }

  /// Forgets all turns. The draws go on, so that the same piece again is followed by another text.
  public func reset() throws {
    try model.begin(0, with: [])
    unread = [Vocabulary.endOfText]
    history = []
  }

  /// Begins the draws anew, from a seed.
  public func draw(fromSeed seed: UInt64) { generator = CounterBasedGenerator(seed: seed, stream: 0) }

  /// Reads a piece and writes on.
  ///
  /// - Parameters:
  ///   - piece: what comes next; empty lets the model go on by itself.
  ///   - options: how much is written, and by which rules; one sample, and the session's seed in the place of theirs.
  ///   - isStopped: asked before each token whether the text is to end here.
  ///   - body: is given the text, as soon as whole characters are there.
  /// - Returns: the text of this turn.
  /// - Throws: `GenerationError.invalidOption`, `GenerationError.invalidLogit`, `TextError` where ICU cannot cut the piece,
  ///   and what `body` throws.
  @discardableResult
  public func write(
    after piece: String, options: GenerationOptions = GenerationOptions(), isStopped: () -> Bool = { false },
    _ body: (String) throws -> Void
  ) throws -> GeneratedSample {
    let limits = try limits(options)
    let read = try Prompt(piece, tokenizer)
    history += read.ids
    unread += read.ids
    var writer = SampleWriter(
      index: 0, prompt: Prompt(ids: history, lastForDecoder: piece.isEmpty ? history.last : read.lastForDecoder),
      limits: limits, tokenizer: tokenizer, generator: generator)
    let draw = SharedDraw(rules: options.rules, vocabularySize: model.vocabularySize, samples: 1, pool: pool)
    while true {
      var made: TextPiece?
      if limits.maxTokens == 0 {
        made = writer.finish(.length)
      } else if isStopped() {
        made = writer.finish(.interrupted)
      } else {
        try model.feedPrompt(unread)
        unread = []
        try step(&writer, draw)
        made = writer.advance()
        // What was drawn is read at the next turn of this loop, or of the session.
        if let id = writer.newToken { unread = [id] }
      }
      guard let made else { continue }
      if !made.text.isEmpty { try body(made.text) }
      guard let sample = made.end else { continue }
      (history, generator) = (writer.history, writer.generator)
      if sample.finishReason == .endOfText { unread = [Vocabulary.endOfText] }
      return sample
    }
  }

  /// Reads a piece and writes on, all at once.
  ///
  /// - Returns: the text of this turn.
  /// - Throws: as ``write(after:options:isStopped:_:)``.
  @discardableResult
  public func write(
    after piece: String, options: GenerationOptions = GenerationOptions()
  ) throws -> GeneratedSample {
    try write(after: piece, options: options) { _ in }
  }

  private func step(_ writer: inout SampleWriter, _ draw: SharedDraw) throws {
    var writers = [writer]
    try draw.draw(&writers, from: model.logits)
    writer = writers[0]
  }

  private func limits(_ options: GenerationOptions) throws -> TextLimits {
    if let last, last.options == options { return last.limits }
    try options.validate()
    try options.rules.validateTokens(below: model.vocabularySize)
    guard options.sampleCount == 1, options.beam == nil else {
      throw GenerationError.invalidOption(
        name: options.beam == nil ? "num-samples" : "beam", expected: "one text a turn",
        found: options.beam == nil ? "\(options.sampleCount)" : "a search", advice: "Leave the option out.")
    }
    let limits = try TextLimits(options, tokenizer)
    last = (options, limits)
    return limits
  }
}
