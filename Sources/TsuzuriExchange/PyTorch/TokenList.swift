internal import Foundation
internal import TsuzuriArchive
package import TsuzuriText

/// The tokens of a model from elsewhere, in the order of its rows.
///
/// The file has the form of `vocabulary.txt`, a token a line in its written form, but needs no special tokens, and has
/// them anywhere: PyTorch's models know no fixed ids.
public struct TokenList: Sendable {
  /// The largest list that is read, in bytes.
  private static let largestFile = 1 << 28

  /// The file's name, for messages.
  public let path: String
  /// The number of tokens.
  public var count: Int { tokens.count }
  private let tokens: [TokenEscaping.Token]

  /// Reads a list.
  ///
  /// - Throws: `VocabularyError`, which names the line.
  public init(contentsOf path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw VocabularyError.unreadable(file: path, reason: "no such file")
    }
    try self.init(content: FileContents.read(path, limit: Self.largestFile), path: path)
  }

  init(content: [UInt8], path: String) throws {
    var lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    if let first = lines.first, first.starts(with: [0xEF, 0xBB, 0xBF]) { lines[0] = first.dropFirst(3) }
    guard !lines.isEmpty else { throw VocabularyError.empty(file: path) }
    var tokens: [TokenEscaping.Token] = []
    // By bytes: that が has two spellings does not make them one token.
    var lineOfToken: [TokenEscaping.Token: Int] = [:]
    for (index, line) in lines.enumerated() {
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      guard !line.isEmpty else { throw VocabularyError.emptyLine(file: path, line: index + 1) }
      guard let text = String(validating: line, as: UTF8.self) else {
        throw VocabularyError.notUTF8(file: path, line: index + 1)
      }
      guard let token = line.withUnsafeBufferPointer(TokenEscaping.token) else {
        throw VocabularyError.badEscape(file: path, line: index + 1, found: text)
      }
      if let first = lineOfToken.updateValue(index + 1, forKey: token) {
        throw VocabularyError.duplicate(file: path, line: index + 1, first: first, token: Self.written(token))
      }
      tokens.append(token)
    }
    self.path = path
    self.tokens = tokens
  }

  /// The vocabulary of these tokens, and for each of its ids the row where the token stands; nil for a special token
  /// that the list lacks.
  ///
  /// A special token that vocabularies of this kind do not have is text that reads so: `<unk>` beside bytes, `<0x41>`
  /// among words. Among words, text that reads `<eos>` or `<unk>` is that special token.
  ///
  /// - Throws: `VocabularyError.duplicate` where two lines are one token in a vocabulary of this kind.
  /// - Complexity: O(tokens).
  package func vocabulary(_ kind: Vocabulary.Kind) throws(VocabularyError) -> (vocabulary: Vocabulary, rows: [Int?]) {
    let specials: [TokenEscaping.Token] =
      [.endOfText] + (kind == .closed ? [.unknown] : (0...255).map { .byte(UInt8($0)) })
    let places = Dictionary(uniqueKeysWithValues: specials.enumerated().map { ($1, $0) })
    var rows = [Int?](repeating: nil, count: specials.count)
    var texts: [[UInt8]] = []
    var rowOfToken: [TokenEscaping.Token: Int] = [:]
    for (row, token) in tokens.enumerated() {
      let meant = Self.meaning(of: token, among: places, kind)
      if let first = rowOfToken.updateValue(row, forKey: meant) {
        throw VocabularyError.duplicate(file: path, line: row + 1, first: first + 1, token: Self.written(token))
      }
      if let place = places[meant] {
        rows[place] = row
      } else if case .text(let bytes) = meant {
        texts.append(bytes)
        rows.append(row)
      }
    }
    return (Vocabulary(kind: kind, texts: texts), rows)
  }

  /// The token that a line stands for in a vocabulary of a kind: one of its special ones, or text.
  private static func meaning(
    of token: TokenEscaping.Token, among specials: [TokenEscaping.Token: Int], _ kind: Vocabulary.Kind
  ) -> TokenEscaping.Token {
    switch token {
    case .text(Array(TokenEscaping.endOfText.utf8)) where kind == .closed: .endOfText
    case .text(Array(TokenEscaping.unknown.utf8)) where kind == .closed: .unknown
    case .text: token
    default: specials[token] == nil ? .text(Array(written(token).utf8)) : token
    }
  }

  private static func written(_ token: TokenEscaping.Token) -> String {
    switch token {
    case .endOfText: TokenEscaping.endOfText
    case .unknown: TokenEscaping.unknown
    case .byte(let byte): TokenEscaping.escaped(byte: byte)
    case .text(let bytes): bytes.withUnsafeBufferPointer { TokenEscaping.escaped($0) }
    }
  }
}
