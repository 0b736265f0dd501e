public import TsuzuriArchive

/// What can be wrong with a vocabulary. Each description says where, what was expected, what was found, what to do.
public enum VocabularyError: DescribedError, Equatable {
  /// The file cannot be read; the reason is the system's own.
  case unreadable(file: String, reason: String)
  /// The file holds nothing.
  case empty(file: String)
  /// The file is larger than any vocabulary.
  case tooLarge(file: String, bytes: Int, limit: Int)
  /// The file has more lines than any vocabulary.
  case tooManyTokens(file: String, limit: Int)
  /// The line is not valid UTF-8.
  case notUTF8(file: String, line: Int)
  /// The line holds no token.
  case emptyLine(file: String, line: Int)
  /// A backslash stands before something that is no escape.
  case badEscape(file: String, line: Int, found: String)
  /// Another token than the special one that must stand there.
  case missingSpecial(file: String, line: Int, expected: String, found: String)
  /// The file ends before the special token that must stand there.
  case endsBeforeSpecial(file: String, line: Int, expected: String)
  /// A special token stands among the text tokens.
  case misplacedSpecial(file: String, line: Int, found: String)
  /// The token stands on two lines.
  case duplicate(file: String, line: Int, first: Int, token: String)
  /// The vocabulary is of another kind than the level needs.
  case levelMisfit(level: TokenLevel, found: String)
  /// No vocabulary of this level can be so small.
  case sizeTooSmall(size: Int, level: TokenLevel, minimum: Int)
  /// The byte level has one size only.
  case sizeOfByteLevel(size: Int)

  /// The message.
  public var description: String {
    let rebuild = "Rebuild it with 'tsuzuri vocabulary build'."
    switch self {
    case .unreadable(let file, let reason):
      return "\(file): the vocabulary cannot be read: \(reason)."
    case .empty(let file):
      return "\(file): the vocabulary is empty; its first line must be <eos>. \(rebuild)"
    case .tooLarge(let file, let bytes, let limit):
      return "\(file): \(bytes) bytes are too many for a vocabulary (the limit is \(limit)). "
        + "Check that it is one: a token a line, the first <eos>."
    case .tooManyTokens(let file, let limit):
      return
        "\(file): expected at most \(limit) tokens, found more. Check that it is a vocabulary: a token a line, the "
        + "first <eos>."
    case .notUTF8(let file, let line):
      return "\(file), line \(line): this is not UTF-8. \(rebuild)"
    case .emptyLine(let file, let line):
      return "\(file), line \(line): expected a token, found an empty line (a line end is written \\n). \(rebuild)"
    case .badEscape(let file, let line, let found):
      return "\(file), line \(line): '\(found.shownPlain)' holds a backslash that begins no escape; "
        + "there are \\\\, \\n, \\r, \\t, \\< and \\u{…} with the hexadecimal number of a scalar. \(rebuild)"
    case .missingSpecial(let file, let line, let expected, let found):
      return "\(file), line \(line): expected \(expected), found \(found.shownShort). \(rebuild)"
    case .endsBeforeSpecial(let file, let line, let expected):
      return "\(file), line \(line): expected \(expected), but the file ends here. \(rebuild)"
    case .misplacedSpecial(let file, let line, let found):
      return "\(file), line \(line): the special token \(found) stands among the text; "
        + "text that reads so is written \\\(found). \(rebuild)"
    case .duplicate(let file, let line, let first, let token):
      return "\(file), line \(line): the token \(token.shownShort) stands twice (first on line \(first)). \(rebuild)"
    case .levelMisfit(let level, let found):
      let needed =
        switch level {
        case .whitespace: "a closed vocabulary (<eos>, <unk>, words)"
        case .byte: "the vocabulary of bytes alone (<eos> and <0x00> to <0xFF>, 257 ids)"
        case .character, .word: "a vocabulary with byte tokens (<eos>, <0x00> to <0xFF>, text)"
        }
      return "the level '\(level.rawValue)' needs \(needed), found \(found). "
        + "Give the level that the vocabulary was made for, or build another with 'tsuzuri vocabulary build'."
    case .sizeTooSmall(let size, let level, let minimum):
      let reserved = level == .whitespace ? "<eos> and <unk>" : "<eos> and the 256 bytes that spell any text"
      return "a vocabulary of \(size) tokens is too small: the level '\(level.rawValue)' needs at least \(minimum) "
        + "(\(reserved)). Give a larger size."
    case .sizeOfByteLevel(let size):
      return "a vocabulary of \(size) tokens does not fit the level 'byte', which always has 257 "
        + "(<eos> and the 256 bytes). Leave the size out."
    }
  }
}
