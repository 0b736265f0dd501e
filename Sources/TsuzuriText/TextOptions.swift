/// What a token is: the size of the pieces that a text is cut into.
public enum TokenLevel: String, Codable, Sendable, CaseIterable {
  /// A grapheme cluster, what a reader calls one character.
  case character
  /// A word as ICU finds it, with the one space before it.
  case word
  /// What stands between blanks in a text that was tokenised before; each line ends in a token of its own.
  case whitespace
  /// One byte of the file as it stands, never decoded.
  case byte

  /// Whether `<eos>` is a token that a model is measured on: it is where it ends each line of the text; elsewhere it only
  /// stands between texts.
  public var scoresEndOfText: Bool { self == .whitespace }
}

/// The Unicode normalisation form that a text is brought into before it is cut.
public enum Normalization: String, Codable, Sendable, CaseIterable {
  /// The text as it stands.
  case none
  /// Canonical composition: か and U+3099 become が.
  case nfc
  /// Compatibility composition: ｶ becomes カ, ① becomes 1.
  case nfkc
}

/// How the bytes of a corpus become normalised text.
public struct TextOptions: Codable, Sendable, Hashable {
  /// The name of an encoding that ICU knows, or `auto`: a byte order mark decides, then valid UTF-8, then a guess.
  public var encoding: String
  /// Whether bytes that mean nothing in the encoding become U+FFFD; otherwise they are an error.
  public var isLossy: Bool
  /// The form that the text is brought into. The levels `whitespace` and `byte` leave the text as it stands.
  public var normalization: Normalization
  /// Whether the marks of Aozora Bunko's files are taken out, with the header and the colophon.
  public var stripsRuby: Bool

  /// Creates options; the defaults are those of the command.
  public init(
    encoding: String = "auto", isLossy: Bool = false, normalization: Normalization = .nfc, stripsRuby: Bool = false
  ) {
    self.encoding = encoding
    self.isLossy = isLossy
    self.normalization = normalization
    self.stripsRuby = stripsRuby
  }
}

/// How a normalised text is cut into segments.
public struct SegmentationOptions: Codable, Sendable, Hashable {
  /// The size of the segments.
  public var level: TokenLevel
  /// The locale by whose rules ICU finds words.
  public var locale: String

  /// Creates options; the defaults are those of the command.
  public init(level: TokenLevel = .character, locale: String = "ja") {
    self.level = level
    self.locale = locale
  }
}
