internal import TsuzuriKernels
internal import TsuzuriText

/// The lanes of a ``PromptBatch``, one token of each a step: who has ended takes the next prompt.
struct PromptBatchLoop {
  private let batch: PromptBatch
  private let model: any BranchingModel
  private let draw: SharedDraw
  private var writers: [SampleWriter] = []
  /// What each lane has to read before it writes.
  private var unread: [ArraySlice<Int32>]
  /// The next request that no lane has taken.
  private var next = 0
  /// Texts that wait for those before them.
  private var waiting: [Int: GeneratedSample] = [:]
  private var handedOn = 0

  /// - Precondition: `model` is fresh and has as many sequences as the batch has lanes.
  init(_ batch: PromptBatch, model: any BranchingModel, pool: WorkerPool) {
    precondition(
      model.sequences == batch.lanes, "a model of \(model.sequences) sequences for \(batch.lanes) lanes")
    self.batch = batch
    self.model = model
    draw = SharedDraw(
      rules: batch.options.rules, vocabularySize: model.vocabularySize, samples: batch.lanes, pool: pool)
    unread = [ArraySlice<Int32>](repeating: [], count: batch.lanes)
  }

  /// Goes on by a token of each lane, and hands on the texts whose turn it is; whether there is more to do.
  mutating func step(_ body: (GeneratedSample) throws -> Void) throws -> Bool {
    for lane in 0..<batch.lanes where lane >= writers.count || writers[lane].isFinished { try takeNext(lane) }
    if writers.contains(where: { !$0.isFinished }) {
      var tokens: [Int32] = []
      for lane in writers.indices { tokens.append(token(for: lane)) }
      try model.feed(tokens)
      for lane in writers.indices { writers[lane].isReading = !unread[lane].isEmpty }
      try draw.draw(&writers, from: model.logits)
      for lane in writers.indices where writers[lane].isDrawing {
        if let sample = writers[lane].advance()?.end { waiting[sample.index] = sample }
      }
    }
    while let sample = waiting.removeValue(forKey: handedOn) {
      handedOn += 1
      try body(sample)
    }
    return handedOn < batch.requests.count
  }

  /// Gives a lane the next prompt, if there is one. Who may write nothing has ended at once.
  private mutating func takeNext(_ lane: Int) throws {
    while next < batch.requests.count {
      let (index, request) = (next, batch.requests[next])
      next += 1
      var limits = batch.limits
      limits.maxTokens = request.maxTokens ?? limits.maxTokens
      limits.minTokens = request.minTokens ?? limits.minTokens
      if let stopTexts = request.stopTexts {
        limits.stopTexts = try stopTexts.map { try TextLimits.normalized($0, batch.tokenizer) }
      }
      let prompt = try Prompt(request.prompt, batch.tokenizer)
      let generator =
        request.seed.map { CounterBasedGenerator(seed: $0, stream: 0) }
        ?? CounterBasedGenerator(seed: batch.options.seed, stream: UInt64(index))
      var writer = SampleWriter(
        index: index, prompt: prompt, limits: limits, tokenizer: batch.tokenizer, generator: generator)
      guard limits.maxTokens > 0 else {
        waiting[index] = writer.finish(.length).end
        continue
      }
      if lane < writers.count { writers[lane] = writer } else { writers.append(writer) }
      unread[lane] = [Vocabulary.endOfText] + prompt.ids
      return try model.begin(lane, with: [])
    }
    // Nothing is left to read or to write: the lane stands as it is.
    guard lane >= writers.count else { return }
    var idle = SampleWriter(
      index: -1, prompt: try Prompt("", batch.tokenizer), limits: batch.limits, tokenizer: batch.tokenizer,
      generator: CounterBasedGenerator(seed: 0, stream: 0))
    _ = idle.finish(.length)
    writers.append(idle)
  }

  /// What a lane is fed next: of its prompt, or what it wrote last; `<eos>` where it has ended.
  private mutating func token(for lane: Int) -> Int32 {
    if writers[lane].isFinished { return Vocabulary.endOfText }
    return unread[lane].popFirst() ?? writers[lane].lastToken
  }
}
