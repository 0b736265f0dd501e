internal import TsuzuriText

/// A search on its way, one token of every beginning a step: feed → logits → the best continuations → who goes on.
///
/// The text comes at the end, all of it: before, the search may still change its mind.
struct BeamLoop: WritingLoop {
  /// A text that the search keeps, before its end.
  private struct Beginning {
    var text: SampleText
    var logProbability: Double
    /// Which beginning of the step before it goes on from.
    var parent: Int
  }

  private let model: any BranchingModel
  private let search: BeamSearch
  private let samples: Int
  private let maxTokens: Int
  private let prompt: Prompt
  private let rules: SamplingRules
  private var beginnings: [Beginning]
  private var finished: [FinishedText] = []
  private var continuations: ContinuationSearch
  private var isStarted = false
  private(set) var isFinished = false

  /// - Precondition: `model` is fresh and has as many sequences as the beam is wide.
  init(
    model: any BranchingModel, tokenizer: Tokenizer, prompt: Prompt, options: GenerationOptions, limits: TextLimits,
    search: BeamSearch
  ) {
    precondition(
      model.sequences == search.width, "a model of \(model.sequences) sequences for a beam of \(search.width)")
    self.model = model
    self.search = search
    self.prompt = prompt
    samples = options.sampleCount
    maxTokens = limits.maxTokens
    rules = options.rules
    let text = SampleText(prompt: prompt, limits: limits, tokenizer: tokenizer)
    beginnings = [Beginning(text: text, logProbability: 0, parent: 0)]
    continuations = ContinuationSearch(vocabularySize: model.vocabularySize)
  }

  /// Lengthens every beginning by a token; hands on the best texts when nothing better can come.
  mutating func step(_ body: (TextPiece) throws -> Void) throws {
    if maxTokens > 0 {
      try feed()
      try lengthen()
    } else {
      for beginning in beginnings { finish(beginning, .length) }
      beginnings = []
    }
    guard isDecided else { return }
    isFinished = true
    for (index, text) in finished.prefix(samples).enumerated() {
      let sample = GeneratedSample(
        index: index, text: text.text, tokens: text.tokens, finishReason: text.reason,
        logProbability: text.logProbability, score: text.score)
      try body(TextPiece(sample: index, text: sample.text, end: sample))
    }
  }

  private mutating func feed() throws {
    guard isStarted else {
      isStarted = true
      return try model.feedPrompt([Vocabulary.endOfText] + prompt.ids)
    }
    // The sequences that no beginning needs follow the first one, and nobody looks at them.
    let idle = search.width - beginnings.count
    model.branch(from: beginnings.map(\.parent) + [Int](repeating: 0, count: idle))
    try model.feed(beginnings.map(\.text.lastToken) + [Int32](repeating: Vocabulary.endOfText, count: idle))
  }

  /// Puts the best continuations in the place of the beginnings.
  private mutating func lengthen() throws {
    let V = model.vocabularySize
    let rows = try beginnings.indices.map { n in
      let row = UnsafeBufferPointer(rebasing: model.logits[n * V..<(n + 1) * V])
      return ContinuationSearch.Row(
        logits: row, logNormalizer: try row.logNormalizer(), logProbability: beginnings[n].logProbability)
    }
    // Most that end are few: twice the width holds enough to go on with, and else all are looked through again.
    var count = 2 * search.width
    var next = try continued(rows, among: count)
    while next == nil {
      count *= 4
      next = try continued(rows, among: count)
    }
    beginnings = next ?? []
  }

  /// The beginnings that go on; nil where the best `count` continuations do not hold enough of them.
  private mutating func continued(_ rows: [ContinuationSearch.Row], among count: Int) throws -> [Beginning]? {
    var next: [Beginning] = []
    var ended: [FinishedText] = []
    var goingOn = 0
    let best = continuations.best(count, of: rows) { n, set in
      rules.forbid(after: beginnings[n].text.history, in: &set)
      beginnings[n].text.forbid(in: &set)
    }
    for n in best.exhausted {
      ended.append(FinishedText(beginnings[n].text, beginnings[n].logProbability, .exhausted, search))
    }
    for continuation in best.continuations {
      if goingOn == search.width { break }
      var text = beginnings[continuation.row].text
      if continuation.token == text.terminator {
        ended.append(
          FinishedText(
            text, beginnings[continuation.row].logProbability, .endOfText, search, whole: continuation.logProbability))
        continue
      }
      let end = text.append(continuation.token).end
      if end != .stop { goingOn += 1 }
      if let end {
        ended.append(FinishedText(closed: text, continuation.logProbability, end, search))
      } else {
        next.append(
          Beginning(text: text, logProbability: continuation.logProbability, parent: continuation.row))
      }
    }
    if goingOn < search.width, !best.isEverything { return nil }
    finished = FinishedText.best(search.width, of: finished + ended)
    return next
  }

  private mutating func finish(_ beginning: Beginning, _ reason: FinishReason) {
    finished.append(FinishedText(beginning.text, beginning.logProbability, reason, search))
  }

  /// Whether no beginning can come to a place among the finished texts any more.
  private var isDecided: Bool {
    guard let best = beginnings.first else { return true }
    guard finished.count == search.width, let worst = finished.last else { return false }
    return worst.score >= search.score(best.logProbability, tokens: maxTokens)
  }
}
