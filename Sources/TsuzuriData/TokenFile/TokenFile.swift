import Glibc
import Synchronization
public import TsuzuriText

/// The tokens of a corpus on disk, mapped into memory: opening takes the same time for any corpus, and a corpus may
/// be larger than memory. `<eos>` stands first, then the tokens of the texts in order (see `CorpusTokenizer`).
///
/// Opening checks every length against the file before it is used, the hashes of the blocks, and the first 64 MB of
/// tokens; ``check(_:)`` checks each later block when it is wanted for the first time.
public final class TokenFile: TokenSequence {
  /// So much of the tokens is read when the file is opened.
  private static let sizeCheckedAtOnce = 64 << 20

  /// Where the file is, or was when it was opened.
  public let path: String
  private let header: TokenFileHeader
  private let mapping: MappedTokens
  private let hashes: [UInt64]
  private let checked: Mutex<Checked>

  /// What is known to be whole.
  private struct Checked {
    var blocks: [Bool]
    var modified: Int
  }

  /// Opens the file at `path`.
  ///
  /// - Throws: `TokenFileError`.
  public convenience init(path: String) throws {
    try self.init(path: path, sizeCheckedAtOnce: Self.sizeCheckedAtOnce)
  }

  /// Opens the file at `path`, and checks so many bytes of its tokens.
  package init(path: String, sizeCheckedAtOnce: Int) throws {
    self.path = path
    let mapping = try MappedTokens(path: path)
    let header = try TokenFileHeader(Array(mapping.bytes.prefix(TokenFileHeader.size)), path: path)
    guard let size = header.fileSize, size == mapping.bytes.count, let tokenSize = header.tokenSize else {
      throw TokenFileError.wrongLength(path: path, expected: header.fileSize ?? 0, found: mapping.bytes.count)
    }
    let table = mapping.bytes[(TokenFileHeader.size + tokenSize)...]
    guard ContentHash.hash(of: table) == header.blockHash else { throw TokenFileError.damagedTokens(path: path) }
    let raw = UnsafeRawBufferPointer(rebasing: table)
    hashes = (0..<TokenBlocks.count(ofBytes: tokenSize)).map {
      UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
    }
    self.mapping = mapping
    self.header = header
    checked = Mutex(
      Checked(blocks: Array(repeating: false, count: hashes.count), modified: try mapping.state().modified))
    try check(0..<min(header.count, sizeCheckedAtOnce / header.idWidth))
  }

  /// Makes sure that the tokens of `range` are as they were written, and below ``vocabularyCount``: by the hashes of
  /// their blocks where this was not done before, or where somebody wrote into the file since.
  ///
  /// - Throws: `TokenFileError.damagedTokens`, or `TokenFileError.wrongLength` where the file was cut short meanwhile.
  /// - Precondition: `range` lies within `0 ..< count`.
  /// - Complexity: O(1) where the blocks are known; O(1 MiB) for each that is not.
  public func check(_ range: Range<Int>) throws {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count, "tokens \(range) are asked for, there are \(count)")
    let state = try mapping.state()
    guard state.size == mapping.bytes.count else {
      throw TokenFileError.wrongLength(path: path, expected: mapping.bytes.count, found: state.size)
    }
    guard !range.isEmpty else { return }
    let first = range.lowerBound * header.idWidth / TokenBlocks.size
    let last = (range.upperBound * header.idWidth - 1) / TokenBlocks.size
    let areWhole = checked.withLock { checked in
      if state.modified != checked.modified {
        checked = Checked(blocks: Array(repeating: false, count: hashes.count), modified: state.modified)
      }
      for block in first...last where !checked.blocks[block] {
        guard isWhole(block) else { return false }
        checked.blocks[block] = true
      }
      return true
    }
    guard areWhole else { throw TokenFileError.damagedTokens(path: path) }
  }

  /// Whether a block has its hash, and no id outside the vocabulary: a stranger's file has right hashes.
  private func isWhole(_ block: Int) -> Bool {
    let end = TokenFileHeader.size + count * header.idWidth
    let start = TokenFileHeader.size + block * TokenBlocks.size
    let bytes = UnsafeRawBufferPointer(rebasing: mapping.bytes[start..<min(end, start + TokenBlocks.size)])
    defer { mapping.didRead(bytes.count) }
    var hash = ContentHash()
    hash.update(bytes)
    var largest: UInt32 = 0
    if header.idWidth == 2 {
      for id in bytes.assumingMemoryBound(to: UInt16.self) { largest = max(largest, UInt32(UInt16(littleEndian: id))) }
    } else {
      for id in bytes.assumingMemoryBound(to: UInt32.self) { largest = max(largest, UInt32(littleEndian: id)) }
    }
    return hash.value == hashes[block] && largest < UInt32(vocabularyCount)
  }

  /// The number of tokens, the `<eos>` at the beginning included.
  public var count: Int { header.count }

  /// The number of ids in the vocabulary, V; every token is below it.
  public var vocabularyCount: Int { header.vocabularyCount }

  /// What the text holds; `tokens` are those after the first `<eos>`.
  public var counts: TextCounts {
    var counts = TextCounts()
    counts.tokens = max(0, header.count - 1)
    counts.segments = header.segments
    counts.utf8 = header.utf8
    counts.scalars = header.scalars
    counts.unknown = header.unknown
    return counts
  }

  /// What the validation part at the end holds; nothing where the file has none.
  public var validation: ValidationCounts { header.validation }

  /// The fingerprint of the ids themselves, wherever they come from.
  public var contentFingerprint: Fingerprint { Fingerprint(high: UInt64(header.count), low: header.blockHash) }

  /// The fingerprint of the corpus and of the tokenizer.
  public var fingerprint: Fingerprint { header.fingerprint }

  /// The fingerprint of the vocabulary that the ids belong to.
  public var vocabularyFingerprint: Fingerprint { header.vocabularyFingerprint }

  /// Copies the tokens of `range` to `destination`, widened to 32 bits.
  ///
  /// - Precondition: `range` lies within `0 ..< count`, ``check(_:)`` was asked about it just before, and `destination` has
  ///   room: who writes into the file between the two stops the process.
  public func copyTokens(_ range: Range<Int>, into destination: UnsafeMutablePointer<Int32>) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count, "tokens \(range) are asked for, there are \(count)")
    guard let base = mapping.bytes.baseAddress?.advanced(by: TokenFileHeader.size) else { return }
    defer { mapping.didRead(range.count * header.idWidth) }
    if header.idWidth == 2 {
      let source = base.assumingMemoryBound(to: UInt16.self) + range.lowerBound
      for i in 0..<range.count { destination[i] = Int32(UInt16(littleEndian: source[i])) }
    } else {
      let source = base.assumingMemoryBound(to: UInt32.self) + range.lowerBound
      for i in 0..<range.count { destination[i] = Int32(bitPattern: UInt32(littleEndian: source[i])) }
    }
  }
}
