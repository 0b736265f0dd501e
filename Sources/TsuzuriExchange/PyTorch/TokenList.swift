internal import Foundation
internal import TsuzuriText

/// The tokens of a model from elsewhere, in the order of its rows.
///
/// The file has the form of `vocabulary.txt`, a token a line in its written form, but needs no special tokens, and has
/// them anywhere: PyTorch's models know no fixed ids.
public struct TokenList: Sendable {
  /// The file's name, for messages.
  public let path: String
  /// The number of tokens.
  public var count: Int { tokens.count }
  private let tokens: [TokenEscaping.Token]

  /// Reads a list.
  ///
  /// - Throws: `VocabularyError`, which names the line.
  public init(contentsOf path: String) throws {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      let isMissing = (error as? CocoaError)?.code == .fileReadNoSuchFile
      throw VocabularyError.unreadable(
        file: path, reason: isMissing ? "no such file" : (error as NSError).localizedDescription)
    }
    try self.init(content: Array(data), path: path)
  }

  init(content: [UInt8], path: String) throws {
    var lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    if let first = lines.first, first.starts(with: [0xEF, 0xBB, 0xBF]) { lines[0] = first.dropFirst(3) }
    guard !lines.isEmpty else { throw VocabularyError.empty(file: path) }
    var tokens: [TokenEscaping.Token] = []
    var lineOfToken: [String: Int] = [:]
    for (index, line) in lines.enumerated() {
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      guard !line.isEmpty else { throw VocabularyError.emptyLine(file: path, line: index + 1) }
      guard let text = String(validating: line, as: UTF8.self) else {
        throw VocabularyError.notUTF8(file: path, line: index + 1)
      }
      guard let token = line.withUnsafeBufferPointer(TokenEscaping.token) else {
        throw VocabularyError.badEscape(file: path, line: index + 1, found: text)
      }
      let name = Self.written(token)
      if let first = lineOfToken.updateValue(index + 1, forKey: name) {
        throw VocabularyError.duplicate(file: path, line: index + 1, first: first, token: name)
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
  /// among words.
  ///
  /// - Complexity: O(tokens).
  func vocabulary(_ kind: Vocabulary.Kind) -> (vocabulary: Vocabulary, rows: [Int?]) {
    let specials: [TokenEscaping.Token] =
      [.endOfText] + (kind == .closed ? [.unknown] : (0...255).map { .byte(UInt8($0)) })
    let places = Dictionary(uniqueKeysWithValues: specials.enumerated().map { (Self.written($1), $0) })
    var rows = [Int?](repeating: nil, count: specials.count)
    var texts: [[UInt8]] = []
    for (row, token) in tokens.enumerated() {
      if let place = places[Self.written(token)] {
        rows[place] = row
        continue
      }
      if case .text(let bytes) = token { texts.append(bytes) } else { texts.append(Array(Self.written(token).utf8)) }
      rows.append(row)
    }
    return (Vocabulary(kind: kind, texts: texts), rows)
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
