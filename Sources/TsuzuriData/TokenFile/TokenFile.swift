import Glibc
import Synchronization
public import TsuzuriText

/// The tokens of a corpus on disk: opening takes the same time for any corpus, and a corpus may be larger than memory.
/// `<eos>` stands first, then the tokens of the texts in order (see `CorpusTokenizer`).
///
/// Opening checks every length against the file before it is used, the hashes of the blocks, and the first 64 MB of
/// tokens; each later block is checked when it is wanted for the first time.
public final class TokenFile: TokenSequence {
  /// So much of the tokens is read when the file is opened.
  private static let sizeCheckedAtOnce = 64 << 20

  /// Where the file is, or was when it was opened.
  public let path: String
  private let header: TokenFileHeader
  private let reader: TokenFileReader
  private let hashes: [UInt64]
  private let checked: Mutex<Checked>

  /// What is known to be whole.
  private struct Checked {
    var blocks: [Bool]
    /// When the file had last been written to as they were read.
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
    let reader = try TokenFileReader(path: path)
    let header = try TokenFileHeader(reader.bytes(0..<TokenFileHeader.size), path: path)
    guard let size = header.fileSize, size == reader.size, let tokenSize = header.tokenSize else {
      throw TokenFileError.wrongLength(path: path, expected: header.fileSize ?? 0, found: reader.size)
    }
    let table = try reader.bytes(TokenFileHeader.size + tokenSize..<size)
    guard ContentHash.hash(of: table) == header.blockHash else { throw TokenFileError.damagedTokens(path: path) }
    hashes = table.withUnsafeBytes { table in
      (0..<TokenBlocks.count(ofBytes: tokenSize)).map {
        UInt64(littleEndian: table.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
      }
    }
    self.reader = reader
    self.header = header
    checked = Mutex(
      Checked(blocks: Array(repeating: false, count: hashes.count), modified: try reader.modificationTime()))
    _ = try check(0..<min(header.count, sizeCheckedAtOnce / header.idWidth))
  }

  /// Makes sure that the tokens of `range` are as they were written, and below ``vocabularyCount``: by the hashes of
  /// their blocks where this was not done before, or where somebody wrote into the file since.
  ///
  /// - Returns: whether all of it was known: nothing had to be looked at, for nobody wrote into the file since.
  /// - Complexity: O(1) where the blocks are known; O(1 MiB) for each that is not.
  private func check(_ range: Range<Int>) throws -> Bool {
    let modified = try reader.modificationTime()
    guard !range.isEmpty else { return true }
    let first = range.lowerBound * header.idWidth / TokenBlocks.size
    let last = (range.upperBound * header.idWidth - 1) / TokenBlocks.size
    return try checked.withLock { checked in
      var isKnown = true
      if modified != checked.modified {
        checked = Checked(blocks: Array(repeating: false, count: hashes.count), modified: modified)
      }
      for block in first...last where !checked.blocks[block] {
        guard try isWhole(block) else { throw TokenFileError.damagedTokens(path: path) }
        checked.blocks[block] = true
        isKnown = false
      }
      return isKnown
    }
  }

  /// Whether a block has its hash, and no id outside the vocabulary: a stranger's file has right hashes.
  private func isWhole(_ block: Int) throws -> Bool {
    let end = TokenFileHeader.size + count * header.idWidth
    let start = TokenFileHeader.size + block * TokenBlocks.size
    return try reader.bytes(start..<min(end, start + TokenBlocks.size)).withUnsafeBytes { bytes in
      var hash = ContentHash()
      hash.update(bytes)
      var largest: UInt32 = 0
      if header.idWidth == 2 {
        for id in bytes.assumingMemoryBound(to: UInt16.self) {
          largest = max(largest, UInt32(UInt16(littleEndian: id)))
        }
      } else {
        for id in bytes.assumingMemoryBound(to: UInt32.self) { largest = max(largest, UInt32(littleEndian: id)) }
      }
      return hash.value == hashes[block] && largest < UInt32(vocabularyCount)
    }
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

  /// Reads the tokens of `range` into `destination`, widened to 32 bits, and makes sure that they are as they were written,
  /// and below ``vocabularyCount``.
  ///
  /// - Throws: `TokenFileError.damagedTokens` where they are not, `TokenFileError.wrongLength` where the file was cut short
  ///   meanwhile, `TokenFileError.unreadable` where the system cannot read it. `destination` is then worthless.
  /// - Precondition: `range` lies within `0 ..< count`, and `destination` has room.
  /// - Complexity: O(n), and O(1 MiB) for each block that is not known yet.
  public func read(_ range: Range<Int>, into destination: UnsafeMutablePointer<Int32>) throws {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count, "tokens \(range) are asked for, there are \(count)")
    // What was read is what was checked where all of it was known before, and still is.
    repeat { try readUnchecked(range, into: destination) } while try !check(range)
  }

  private func readUnchecked(_ range: Range<Int>, into destination: UnsafeMutablePointer<Int32>) throws {
    let offset = TokenFileHeader.size + range.lowerBound * header.idWidth
    let room = UnsafeMutableRawBufferPointer(start: destination, count: range.count * MemoryLayout<Int32>.size)
    // Ids of 16 bits come into the upper half, from where they are widened front to back: no word is written before it was
    // read.
    let bytes = UnsafeMutableRawBufferPointer(rebasing: room[(room.count - range.count * header.idWidth)...])
    try reader.read(at: offset, into: bytes)
    for i in 0..<range.count {
      destination[i] =
        header.idWidth == 2
        ? Int32(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)))
        : Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * i, as: Int32.self))
    }
  }
}
