internal import CKernels
internal import TsuzuriKernels
internal import TsuzuriText

/// One sample in the making: its randomness, its tokens, and the text that they become.
struct SampleWriter {
  private let index: Int
  private let maxTokens: Int
  /// The token that ends the sample; nil at the whitespace level, where `<eos>` is the end of a line.
  private let terminator: Int32?
  private var generator: CounterBasedGenerator
  private var decoder: StreamingDecoder
  private var stops: StopMatcher
  /// The prompt's tokens and the sample's.
  private var history: [Int32]
  private var tokens = 0
  private var logProbability = 0.0
  /// What was drawn last.
  private var drawn = Vocabulary.endOfText
  private var text = ""
  /// Whether the sample has ended.
  private(set) var isFinished = false

  init(index: Int, prompt: Prompt, options: GenerationOptions, tokenizer: Tokenizer) {
    self.index = index
    maxTokens = options.maxTokens
    terminator = tokenizer.level == .whitespace ? nil : Vocabulary.endOfText
    generator = CounterBasedGenerator(seed: options.seed, stream: UInt64(index))
    decoder = tokenizer.streamingDecoder(after: prompt.lastForDecoder)
    stops = StopMatcher(options.stopTexts)
    history = prompt.ids
    history.reserveCapacity(prompt.ids.count + min(maxTokens, 1 << 16))
  }

  /// The last token, to be fed next.
  var lastToken: Int32 { history.last ?? Vocabulary.endOfText }

  /// Draws a token from `logits` [V].
  mutating func draw(_ logits: UnsafeBufferPointer<Float>, _ sampler: Sampler) throws {
    drawn = try sampler.sample(from: logits, after: history, using: &generator)
    if drawn != terminator { logProbability += Self.logProbability(of: drawn, logits) }
  }

  /// Takes the token that was drawn; returns the piece of text that it completes, if any.
  mutating func advance() -> TextPiece? {
    let id = drawn
    if id == terminator { return finish(.endOfText) }
    history.append(id)
    tokens += 1
    let (piece, isStopped) = stops.append(decoder.append(id))
    text += piece
    if isStopped { return end(.stop, piece) }
    if tokens == maxTokens { return finish(.length, after: piece) }
    return piece.isEmpty ? nil : TextPiece(sample: index, text: piece, end: nil)
  }

  /// Ends the sample with all that was held back.
  mutating func finish(_ reason: FinishReason, after piece: String = "") -> TextPiece {
    // The decoder's rest (U+FFFD for half a character) may still complete a stop text.
    let (rest, isStopped) = stops.append(decoder.finish())
    let last = isStopped ? rest : rest + stops.finish()
    text += last
    return end(isStopped ? .stop : reason, piece + last)
  }

  private mutating func end(_ reason: FinishReason, _ piece: String) -> TextPiece {
    isFinished = true
    return TextPiece(
      sample: index, text: piece,
      end: GeneratedSample(
        index: index, text: text, tokens: tokens, finishReason: reason, logProbability: logProbability))
  }

  /// `ln softmax(logits)[id]`, whatever the rules have made of it.
  private static func logProbability(of id: Int32, _ logits: UnsafeBufferPointer<Float>) -> Double {
    var id = id
    var loss: Float = 0
    KernelSet.best.table.pointee.cross_entropy(1, logits.count, logits.baseAddress!, &id, &loss)
    return -Double(loss)
  }
}
