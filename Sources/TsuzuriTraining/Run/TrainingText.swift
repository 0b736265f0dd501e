public import TsuzuriData
internal import TsuzuriKernels
internal import TsuzuriModel
internal import TsuzuriText

/// What a model is trained on and watched with: token ids, without the text.
public struct TrainingText: Sendable {
  /// The tokens that are laid out in lanes.
  public var tokens: any TokenSequence
  /// The part of them to train on.
  public var trainingRange: Range<Int>
  /// The tokens to validate on, if any, in the order of the text.
  public var validation: Validation?
  /// Whether `<eos>` is scored in validation: at the whitespace level, where it ends lines.
  public var scoresEndOfText: Bool
  /// What a resumed run must find again.
  public var fingerprint: String

  /// Text that the model is measured on.
  public struct Validation: Sendable {
    /// The tokens.
    public var tokens: any TokenSequence
    /// The part of them that is scored.
    public var range: Range<Int>
    /// The bytes of the text; nil where they are not known.
    public var utf8Count: Int?

    /// Names tokens to score.
    public init(tokens: any TokenSequence, range: Range<Int>, utf8Count: Int?) {
      self.tokens = tokens
      self.range = range
      self.utf8Count = utf8Count
    }
  }

  /// Text that is not in a token file.
  public init(
    tokens: any TokenSequence, trainingRange: Range<Int>? = nil, validation: Validation? = nil,
    scoresEndOfText: Bool = false, fingerprint: String = ""
  ) {
    self.tokens = tokens
    self.trainingRange = trainingRange ?? 0..<tokens.count
    self.validation = validation
    self.scoresEndOfText = scoresEndOfText
    self.fingerprint = fingerprint
  }

  /// The text of a tokenised corpus.
  public init(_ corpus: TokenizedCorpus) {
    self.init(
      tokens: corpus.tokens, trainingRange: corpus.trainingRange,
      validation: corpus.validation.map { .init(tokens: $0.tokens, range: $0.range, utf8Count: $0.utf8Count) },
      scoresEndOfText: corpus.tokenizer.level.scoresEndOfText,
      // The validation text decides which weights are kept, so it is part of what a resumed run must find again.
      fingerprint: "\(corpus.fingerprint) "
        + (corpus.validation.map { "\($0.tokens.contentFingerprint) \($0.range)" } ?? "none"))
  }
}

extension TrainingText {
  /// How often each token occurs at the beginning of the training part: in its first 4 million tokens at most, so that
  /// starting takes the same time for any corpus.
  func tokenCounts(vocabularySize: Int) throws -> [Int] {
    var counts = [Int](repeating: 0, count: vocabularySize)
    let end = min(trainingRange.upperBound, trainingRange.lowerBound + 4_000_000)
    for start in stride(from: trainingRange.lowerBound, to: end, by: 65_536) {
      for id in try tokens.tokens(in: start..<min(end, start + 65_536)) { counts[Int(id)] += 1 }
    }
    return counts
  }
}

extension TrainingText.Validation {
  /// What a whole text costs a model.
  struct Score {
    /// The sum of the losses in nats: from both sides where the model is bidirectional.
    var nats = 0.0
    /// The sum of −log P by a model that reads forwards: what a code of the text would take. Of a bidirectional model the
    /// forward stack's.
    var codeNats = 0.0
    /// The number of scored tokens.
    var tokens = 0
  }

  /// The losses of the whole text, as `evaluate` finds them: one pass with carried state.
  ///
  /// - Parameter onProgress: is told the share that is done; returning false gives up.
  /// - Returns: nil where it was given up.
  func score(
    by model: LanguageModel, scoresEndOfText: Bool, threads: Int, onProgress: (Double) -> Bool
  ) throws -> Score? {
    var score = Score()
    func count(_ id: Int32, _ loss: Float, _ codeLoss: Float) {
      guard scoresEndOfText || id != SequenceScorer.endOfText else { return }
      score.nats += Double(loss)
      score.codeNats += Double(codeLoss)
      score.tokens += 1
    }
    if model.configuration.isBidirectional {
      let scorer = BidirectionalScorer(model: model, scoresEndOfText: scoresEndOfText, threads: threads)
      var waiting: [Int32] = []
      var next = 0
      let take = { (losses: BidirectionalScorer.Losses) in
        count(waiting[next], losses.joint, losses.forward)
        next += 1
      }
      let isWhole = try forEachPart(onProgress) { ids in
        waiting.removeFirst(next)
        next = 0
        waiting += ids
        try scorer.score(ids, take)
      }
      guard isWhole else { return nil }
      try scorer.finish(take)
      return score
    }
    let scorer = SequenceScorer(model: model, scoresEndOfText: scoresEndOfText, threads: threads)
    let losses = FloatBuffer(count: Self.partLength)
    let isWhole = try forEachPart(onProgress) { ids in
      try scorer.score(ids, into: losses.pointer)
      for (i, id) in ids.enumerated() { count(id, losses.pointer[i], losses.pointer[i]) }
    }
    return isWhole ? score : nil
  }

  /// So few that a run which is asked to stop meanwhile does so at once, of a large model, too.
  private static let partLength = 512

  /// Calls `body` with the tokens of the range, part by part; false where it was given up.
  private func forEachPart(
    _ onProgress: (Double) -> Bool, _ body: (UnsafeBufferPointer<Int32>) throws -> Void
  ) throws -> Bool {
    let ids = IndexBuffer(count: Self.partLength)
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.partLength) {
      let end = min(range.upperBound, start + Self.partLength)
      try tokens.read(start..<end, into: ids.pointer)
      try body(UnsafeBufferPointer(start: ids.pointer, count: end - start))
      if !onProgress(Double(end - range.lowerBound) / Double(range.count)) { return false }
    }
    return true
  }
}
