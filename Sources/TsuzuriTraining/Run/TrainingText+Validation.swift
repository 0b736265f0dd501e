internal import TsuzuriData
internal import TsuzuriKernels
internal import TsuzuriModel

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
