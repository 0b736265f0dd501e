import Glibc
import TsuzuriArchive

/// `vocabulary.txt`: one token a line in its escaped form, in the order of the ids; line 1 is id 0.
///
/// The file alone says which kind the vocabulary is: its second line is `<0x00>` (spelling) or `<unk>` (closed).
extension Vocabulary {
  /// The largest file that is read as a vocabulary, in bytes.
  private static let maximumFileSize = 1 << 28
  /// The most tokens that are read: no model has more.
  fileprivate static let maximumCount = 10_000_000

  /// The content of `vocabulary.txt`.
  public var fileContent: [UInt8] {
    var content: [UInt8] = []
    for id in 0..<Int32(count) {
      content += escapedToken(id).utf8
      content.append(UInt8(ascii: "\n"))
    }
    return content
  }

  /// The fingerprint of `fileContent`.
  public var fingerprint: Fingerprint { Fingerprint(of: fileContent) }

  /// The fingerprint of a file as it stands there, but for a byte order mark and the kind of its line ends.
  ///
  /// It is that of the vocabulary in it, unless the file was written with tables of Unicode that knew fewer scalars: what
  /// these did not know is escaped there, and would not be now.
  ///
  /// - Throws: `ArchiveError`.
  package static func fingerprint(ofFileAt path: String) throws -> Fingerprint {
    let content = try FileContents.read(path, limit: maximumFileSize)
    return Fingerprint(of: content.dropFirst(content.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0).filter { $0 != 0x0D })
  }

  /// Writes `vocabulary.txt` at `path`, all of it or nothing.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - followingLinks: whether what a link leads to is replaced, and not the link.
  /// - Throws: `ArchiveError.unwritable`; what stood at `path` before is then unchanged.
  public func write(to path: String, followingLinks: Bool = true) throws {
    try AtomicFile.replace(path, with: fileContent, followingLinks: followingLinks)
  }

  /// Reads the vocabulary at `path`.
  ///
  /// - Throws: `VocabularyError`, which names the line, where the file is not a vocabulary.
  public init(contentsOf path: String) throws {
    func failure() -> VocabularyError {
      .unreadable(file: path, reason: errno == ENOENT ? "no such file" : SystemError.last.reason)
    }
    // Without waiting: a pipe that nobody writes to would keep us here for ever.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure() }
    guard let stream = fdopen(descriptor, "rb") else {
      close(descriptor)
      throw failure()
    }
    defer { fclose(stream) }
    var information = stat()
    guard fstat(fileno(stream), &information) == 0 else { throw failure() }
    guard information.st_mode & S_IFMT != S_IFIFO else {
      throw VocabularyError.unreadable(file: path, reason: "expected a file, found a pipe")
    }
    let size = Int(information.st_size)
    guard size <= Self.maximumFileSize else {
      throw VocabularyError.tooLarge(file: path, bytes: size, limit: Self.maximumFileSize)
    }
    // One byte more than the size says, so that a device or a file that grows is seen to be more.
    let content = [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, count in
      count = fread(buffer.baseAddress, 1, size + 1, stream)
    }
    guard ferror(stream) == 0 else { throw failure() }
    guard content.count == size else {
      throw VocabularyError.unreadable(file: path, reason: "expected a file of \(size) bytes, found another length")
    }
    try self.init(fileContent: content, name: path)
  }

  /// Reads a vocabulary from the content of its file; `name` is what errors call it.
  ///
  /// - Throws: `VocabularyError`, which names the line, where the content is not a vocabulary.
  public init(fileContent: [UInt8], name: String = "vocabulary.txt") throws {
    self = try fileContent.withUnsafeBufferPointer {
      var parser = VocabularyFileParser(content: $0, name: name)
      return try parser.parse()
    }
  }
}

private struct VocabularyFileParser {
  let content: UnsafeBufferPointer<UInt8>
  let name: String
  /// Where the next line begins.
  var position = 0
  /// The number of the line that was read last, from 1.
  var line = 0

  init(content: UnsafeBufferPointer<UInt8>, name: String) {
    self.content = content
    self.name = name
    // An editor may have added a byte order mark and line ends of its own. Neither can be part of a token, which
    // would have them escaped.
    if content.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  mutating func parse() throws -> Vocabulary {
    guard let first = try nextToken() else { throw VocabularyError.empty(file: name) }
    guard first == .endOfText else {
      throw VocabularyError.missingSpecial(file: name, line: 1, expected: "<eos>", found: written(first))
    }
    let second = try nextToken()
    if second == .unknown {
      let table = ByteStringTable()
      for special in [TokenEscaping.endOfText, TokenEscaping.unknown] { intern(Array(special.utf8), into: table) }
      return try readTexts(into: table, kind: .closed)
    }
    try expect(.byte(0), found: second, orElse: "<0x00> or <unk>")
    for byte in UInt8(1)...255 {
      let found = try nextToken()
      try expect(.byte(byte), found: found)
    }
    return try readTexts(into: ByteStringTable(), kind: .spelling)
  }

  private func expect(
    _ token: TokenEscaping.Token, found: TokenEscaping.Token?, orElse expected: String? = nil
  ) throws {
    if found == token { return }
    let expected = expected ?? written(token)
    guard let found else {
      throw VocabularyError.endsBeforeSpecial(file: name, line: line + 1, expected: expected)
    }
    throw VocabularyError.missingSpecial(file: name, line: line, expected: expected, found: written(found))
  }

  private mutating func readTexts(into table: ByteStringTable, kind: Vocabulary.Kind) throws -> Vocabulary {
    // The table's string 0 stands on this line.
    let firstLine = kind == .closed ? 1 : Int(Vocabulary.firstText) + 1
    while let token = try nextToken() {
      guard line <= Vocabulary.maximumCount else {
        throw VocabularyError.tooManyTokens(file: name, limit: Vocabulary.maximumCount)
      }
      guard case .text(let bytes) = token else {
        throw VocabularyError.misplacedSpecial(file: name, line: line, found: written(token))
      }
      let known = table.count
      let index = intern(bytes, into: table)
      if table.count == known {
        throw VocabularyError.duplicate(
          file: name, line: line, first: Int(index) + firstLine, token: written(token))
      }
    }
    return Vocabulary(kind: kind, table: table)
  }

  @discardableResult
  private func intern(_ bytes: [UInt8], into table: ByteStringTable) -> Int32 {
    bytes.withUnsafeBufferPointer { table.intern($0) }
  }

  private mutating func nextToken() throws -> TokenEscaping.Token? {
    guard position < content.count else { return nil }
    line += 1
    var end = position
    while end < content.count, content[end] != UInt8(ascii: "\n") { end += 1 }
    var text = UnsafeBufferPointer(rebasing: content[position..<end])
    position = end + 1
    if text.last == UInt8(ascii: "\r") { text = UnsafeBufferPointer(rebasing: text.dropLast()) }
    guard !text.isEmpty else { throw VocabularyError.emptyLine(file: name, line: line) }
    guard String(validating: text, as: UTF8.self) != nil else {
      throw VocabularyError.notUTF8(file: name, line: line)
    }
    guard let token = TokenEscaping.token(text) else {
      throw VocabularyError.badEscape(file: name, line: line, found: String(decoding: text, as: UTF8.self))
    }
    return token
  }

  private func written(_ token: TokenEscaping.Token) -> String {
    switch token {
    case .endOfText: TokenEscaping.endOfText
    case .unknown: TokenEscaping.unknown
    case .byte(let byte): TokenEscaping.escaped(byte: byte)
    case .text(let bytes): bytes.withUnsafeBufferPointer { TokenEscaping.escaped($0) }
    }
  }
}
