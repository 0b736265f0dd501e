/// The tokens of a model and their numbers: id ↔ token, fixed once made.
///
/// There are two kinds. A *spelling* vocabulary can write every text:
///
/// | id | token |
/// |---|---|
/// | 0 | `<eos>` |
/// | 1 … 256 | the bytes `<0x00>` … `<0xFF>` |
/// | 257 … | text: characters by frequency, then words by frequency; ties by UTF-8 bytes |
///
/// A *closed* vocabulary, that of the whitespace level, holds words only: 0 `<eos>`, 1 `<unk>`, then words by
/// frequency. There the words that read `<eos>` and `<unk>` are these two; elsewhere they are ordinary text.
public struct Vocabulary: Sendable {
  /// How a vocabulary treats text that it has no token for.
  public enum Kind: Sendable {
    /// It is spelled with smaller tokens, in the end with bytes.
    case spelling
    /// It becomes `<unk>`.
    case closed
  }

  /// The id of `<eos>`, which is fed before a text and stands between files.
  public static let endOfText: Int32 = 0
  /// The id of `<unk>` in a closed vocabulary.
  public static let unknown: Int32 = 1
  /// The id of the token for byte 0 in a spelling vocabulary; byte b has the id `firstByte + b`.
  public static let firstByte: Int32 = 1
  /// The id of the first text token of a spelling vocabulary: what stands before it is there in each.
  public static let firstText: Int32 = 257

  /// Whether text without a token is spelled or unknown.
  public let kind: Kind
  private let storage: VocabularyStorage

  /// A vocabulary of the special tokens and `texts`, in this order, each the UTF-8 bytes of a token.
  ///
  /// - Precondition: no text is empty or stands twice, nor is one `<eos>` or `<unk>` in a closed vocabulary.
  public init(kind: Kind, texts: some Sequence<[UInt8]>) {
    let table = ByteStringTable()
    if kind == .closed {
      for special in [TokenEscaping.endOfText, TokenEscaping.unknown] {
        Array(special.utf8).withUnsafeBufferPointer { _ = table.intern($0) }
      }
    }
    for text in texts {
      precondition(!text.isEmpty, "a token has at least one byte")
      let index = Int32(table.count)
      let found = text.withUnsafeBufferPointer { table.intern($0) }
      precondition(found == index, "the token '\(String(decoding: text, as: UTF8.self))' stands twice")
    }
    self.init(kind: kind, table: table)
  }

  /// A vocabulary whose text tokens (with `<eos>` and `<unk>` where it is closed) are those of `table`, which from
  /// here on must not be added to.
  package init(kind: Kind, table: ByteStringTable) {
    self.kind = kind
    storage = VocabularyStorage(kind: kind, table: table)
  }

  /// The vocabulary of the byte level: `<eos>` and the 256 bytes.
  public static let bytes = Vocabulary(kind: .spelling, texts: [])

  /// The number of ids, V.
  public var count: Int { storage.count }

  /// The tokens that end a line: `<eos>` in a closed vocabulary; elsewhere U+000A, as a byte or as text, alone or behind
  /// U+000D. In ascending order.
  public var lineEnds: [Int32] {
    if kind == .closed { return [Self.endOfText] }
    return [Self.firstByte + 0x0A] + ["\n", "\r\n"].compactMap { id(of: $0) }.sorted()
  }

  /// Whether there are byte tokens only, as at the byte level.
  public var hasOnlyBytes: Bool { kind == .spelling && count == Int(Self.firstText) }

  /// The id of the text token with these UTF-8 bytes, or −1 where there is none.
  package func find(_ utf8: UnsafeBufferPointer<UInt8>) -> Int32 {
    let index = storage.table.find(utf8)
    return index < 0 ? -1 : index + storage.firstIndexed
  }

  /// The id of the text token that is `text`, or nil where there is none.
  ///
  /// Bytes decide: が as one scalar and か with U+3099 are two tokens.
  public func id(of text: String) -> Int32? {
    var text = text
    let id = text.withUTF8 { find($0) }
    return id < 0 ? nil : id
  }

  /// Calls `body` with the bytes that the token stands for in a text: none for `<eos>`.
  ///
  /// - Precondition: `id` is below `count`.
  public func withBytes<R>(of id: Int32, _ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
    precondition(id >= 0 && Int(id) < count, "the id \(id) is not below the vocabulary's \(count)")
    if id == Self.endOfText { return try body(UnsafeBufferPointer(start: nil, count: 0)) }
    if kind == .spelling, id < Self.firstText {
      return try body(UnsafeBufferPointer(start: storage.allBytes + Int(id - Self.firstByte), count: 1))
    }
    return try body(storage.table[id - storage.firstIndexed])
  }

  /// The bytes that the token stands for in a text: none for `<eos>`.
  public func bytes(of id: Int32) -> [UInt8] { withBytes(of: id) { Array($0) } }

  /// The token as it is written in `vocabulary.txt`: one line that can be told from every other token's.
  public func escapedToken(_ id: Int32) -> String {
    if id == Self.endOfText { return TokenEscaping.endOfText }
    switch kind {
    case .closed:
      return id == Self.unknown ? TokenEscaping.unknown : withBytes(of: id) { TokenEscaping.escaped($0) }
    case .spelling:
      return withBytes(of: id) {
        id < Self.firstText ? TokenEscaping.escaped(byte: $0[0]) : TokenEscaping.escaped($0)
      }
    }
  }

  /// The id of the token that is written so (see `escapedToken(_:)`), or nil where there is none.
  public func id(escapedToken line: String) -> Int32? {
    var line = line
    guard let token = line.withUTF8({ TokenEscaping.token($0) }) else { return nil }
    switch token {
    case .endOfText: return Self.endOfText
    case .unknown: return kind == .closed ? Self.unknown : nil
    case .byte(let byte): return kind == .spelling ? Self.firstByte + Int32(byte) : nil
    case .text(let bytes):
      let id = bytes.withUnsafeBufferPointer { find($0) }
      return id < 0 ? nil : id
    }
  }

  /// For each id of this vocabulary the id of the same token in `other`, or nil where that has none.
  ///
  /// Special tokens correspond to themselves, text to text with the same bytes. A model that starts from another
  /// model's weights takes its rows by this.
  public func correspondence(to other: Vocabulary) -> [Int32?] {
    (0..<Int32(count)).map { id in
      if id == Self.endOfText { return Self.endOfText }
      if kind == .closed, id == Self.unknown { return other.kind == .closed ? Self.unknown : nil }
      if kind == .spelling, id < Self.firstText { return other.kind == .spelling ? id : nil }
      let found = withBytes(of: id) { other.find($0) }
      return found < 0 ? nil : found
    }
  }
}

extension Vocabulary: Equatable {
  /// Whether both give the same bytes the same ids.
  public static func == (a: Vocabulary, b: Vocabulary) -> Bool {
    guard a.kind == b.kind, a.count == b.count else { return false }
    if a.storage === b.storage { return true }
    return (0..<Int32(a.count)).allSatisfy { id in
      a.withBytes(of: id) { left in b.withBytes(of: id) { left.elementsEqual($0) } }
    }
  }
}

// SAFETY: the table and the bytes are filled before the storage is made and only read afterwards.
private final class VocabularyStorage: @unchecked Sendable {
  let table: ByteStringTable
  let count: Int
  /// The id of the table's string 0.
  let firstIndexed: Int32
  /// The bytes 0 … 255: what the byte tokens stand for.
  let allBytes: UnsafeMutablePointer<UInt8>

  init(kind: Vocabulary.Kind, table: ByteStringTable) {
    self.table = table
    firstIndexed = kind == .closed ? 0 : Vocabulary.firstText
    count = table.count + Int(firstIndexed)
    allBytes = .allocate(capacity: 256)
    for byte in 0..<256 { allBytes[byte] = UInt8(byte) }
  }

  deinit { allBytes.deallocate() }
}
