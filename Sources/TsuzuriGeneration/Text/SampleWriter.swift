internal import TsuzuriKernels
internal import TsuzuriText

/// One sample in the making: its randomness, its tokens, and the text that they become.
struct SampleWriter {
  private let index: Int
  private(set) var generator: CounterBasedGenerator
  private var text: SampleText
  private var logProbability = 0.0
  /// What was drawn last; nil where the rules left nothing.
  private var drawn: Int32?
  /// Whether the sample has ended.
  private(set) var isFinished = false
  /// Whether its prompt is not yet read, so that nothing is to be drawn.
  var isReading = false

  /// Whether its next token is to be drawn.
  var isDrawing: Bool { !isFinished && !isReading }

  init(index: Int, prompt: Prompt, limits: TextLimits, tokenizer: Tokenizer, generator: CounterBasedGenerator) {
    self.index = index
    self.generator = generator
    text = SampleText(prompt: prompt, limits: limits, tokenizer: tokenizer)
  }

  /// The last token, to be fed next.
  var lastToken: Int32 { text.lastToken }

  /// The prompt's tokens and the sample's.
  var history: [Int32] { text.history }

  /// The token that was drawn and stands in the text, where the last draw gave one.
  var newToken: Int32? { drawn == text.terminator ? nil : drawn }

  /// Draws a token from `logits` [V].
  mutating func draw(_ logits: UnsafeBufferPointer<Float>, _ sampler: Sampler) throws {
    let text = text
    drawn = try sampler.draw(
      from: logits, after: text.history, forbidding: { text.forbid(in: &$0) }, using: &generator)
    if let drawn, drawn != text.terminator { logProbability += logits.logProbability(of: drawn) }
  }

  /// Takes the token that was drawn; returns the piece of text that it completes, if any.
  mutating func advance() -> TextPiece? {
    guard let id = drawn else { return finish(.exhausted) }
    if id == text.terminator { return finish(.endOfText) }
    let (piece, end) = text.append(id)
    if let end { return self.end(end, piece) }
    return piece.isEmpty ? nil : TextPiece(sample: index, text: piece, end: nil)
  }

  /// Ends the sample with all that was held back.
  mutating func finish(_ reason: FinishReason) -> TextPiece {
    let (piece, end) = text.finish(reason)
    return self.end(end ?? reason, piece)
  }

  private mutating func end(_ reason: FinishReason, _ piece: String) -> TextPiece {
    isFinished = true
    return TextPiece(
      sample: index, text: piece,
      end: GeneratedSample(
        index: index, text: text.text, tokens: text.tokens, finishReason: reason, logProbability: logProbability,
        score: nil))
  }
}
