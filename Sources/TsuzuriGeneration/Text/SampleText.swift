internal import TsuzuriText

/// A text in the making, token by token, with what decides where it ends and what must not come next: that of a sample,
/// or of a hypothesis of a search.
struct SampleText {
  private let maxTokens: Int
  private let minTokens: Int
  /// The token that ends the text; nil at the whitespace level, where `<eos>` is the end of a line.
  let terminator: Int32?
  private let banned: BannedTexts?
  private var place: BannedTexts.Position?
  private var decoder: StreamingDecoder
  private var stops: StopMatcher
  /// The prompt's tokens and the text's.
  private(set) var history: [Int32]
  /// How many tokens were made.
  private(set) var tokens = 0
  /// What they have become, without what is held back.
  private(set) var text = ""

  /// - Parameter limits: how long it becomes and where it ends, the texts as the tokenizer normalises them.
  init(prompt: Prompt, limits: TextLimits, tokenizer: Tokenizer) {
    maxTokens = limits.maxTokens
    minTokens = limits.minTokens
    terminator = tokenizer.level == .whitespace ? nil : Vocabulary.endOfText
    banned = limits.banned
    place = banned?.start(after: prompt.ids, previous: prompt.lastForDecoder)
    decoder = tokenizer.streamingDecoder(after: prompt.lastForDecoder)
    stops = StopMatcher(limits.stopTexts)
    history = prompt.ids
    history.reserveCapacity(prompt.ids.count + min(maxTokens, 1 << 16))
  }

  /// The last token, to be fed next.
  var lastToken: Int32 { history.last ?? Vocabulary.endOfText }

  /// Puts the tokens that must not come next into `set`: bans, and the end before the least length.
  func forbid(in set: inout TokenSet) {
    if let terminator, tokens < minTokens { set.insert(terminator) }
    if let banned, let place { banned.forbid(at: place, in: &set) }
  }

  /// Adds a token that does not end the text by itself; returns the piece of text that it completes, and why it ends the
  /// text, if it does.
  mutating func append(_ id: Int32) -> (piece: String, end: FinishReason?) {
    history.append(id)
    tokens += 1
    if place != nil { banned?.advance(&place!, by: id) }
    let (piece, isStopped) = stops.append(decoder.append(id), mayStop: tokens >= minTokens)
    text += piece
    if isStopped { return (piece, .stop) }
    return tokens >= maxTokens ? finish(.length, after: piece) : (piece, nil)
  }

  /// Ends the text with all that was held back.
  mutating func finish(_ reason: FinishReason, after piece: String = "") -> (piece: String, end: FinishReason?) {
    // The decoder's rest (U+FFFD for half a character) may still complete a stop text.
    let (rest, isStopped) = stops.append(decoder.finish(), mayStop: tokens >= minTokens)
    let last = isStopped ? rest : rest + stops.finish()
    text += last
    return (piece + last, isStopped ? .stop : reason)
  }
}

/// How long a text becomes, where it ends, and what it must not hold.
struct TextLimits: Sendable {
  var maxTokens: Int
  var minTokens: Int
  var stopTexts: [String]
  var banned: BannedTexts?

  init(_ options: GenerationOptions, _ tokenizer: Tokenizer) throws {
    maxTokens = options.maxTokens
    minTokens = options.minTokens
    stopTexts = try options.stopTexts.map { try Self.normalized($0, tokenizer) }
    let bans = try options.bannedTexts.map { try Self.normalized($0, tokenizer) }
    banned = bans.isEmpty ? nil : BannedTexts(bans, tokenizer.vocabulary)
  }

  /// A stop text as the model would write it: a が of two scalars is one of a single scalar in most models' texts.
  static func normalized(_ text: String, _ tokenizer: Tokenizer) throws -> String {
    switch tokenizer.level {
    case .character, .word: try tokenizer.decode(tokenizer.encode(text))
    // They leave text as it stands, and unknown words would come back as <unk>.
    case .whitespace, .byte: text
    }
  }
}
