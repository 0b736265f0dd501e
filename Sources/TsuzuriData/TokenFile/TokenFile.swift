import Glibc
import Synchronization
public import TsuzuriText

/// The tokens of a corpus on disk, mapped into memory: a corpus may be larger than it. `<eos>` stands first, then the tokens of the texts in order (see `CorpusTokenizer`).
///
/// Opening checks every length against the file before it is used, then all tokens: against their checksum, and each
/// against the number of ids.
public final class TokenFile: TokenSequence {
  /// So much is checked at a time.
  private static let checkedSize = 4 << 20

  /// Where the file is, or was when it was opened.
  public let path: String
  private let header: TokenFileHeader
  private let mapping: Mapping

  /// Opens the file at `path`.
  ///
  /// - Throws: `TokenFileError`.
  /// - Complexity: O(`count`), at the speed of the disk: some seconds for a corpus of 10 GB.
  public init(path: String) throws {
    self.path = path
    mapping = try Mapping(path: path)
    let size = mapping.bytes.count
    header = try TokenFileHeader(Array(mapping.bytes.prefix(TokenFileHeader.size)), path: path)
    guard header.fileSize == size else {
      throw TokenFileError.wrongLength(path: path, expected: header.fileSize ?? 0, found: size)
    }
    try verify()
  }

  /// Checks all tokens: by the checksum that the file is as it was written, by their size that it was written rightly.
  private func verify() throws {
    var hash = ContentHash()
    var largest: UInt32 = 0
    var rest = mapping.bytes[TokenFileHeader.size...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.checkedSize))
      rest = rest.dropFirst(part.count)
      hash.update(part)
      if header.idWidth == 2 {
        for id in part.assumingMemoryBound(to: UInt16.self) { largest = max(largest, UInt32(UInt16(littleEndian: id))) }
      } else {
        for id in part.assumingMemoryBound(to: UInt32.self) { largest = max(largest, UInt32(littleEndian: id)) }
      }
      mapping.didRead(part.count)
    }
    guard hash.value == header.tokenHash, header.count == 0 || largest < UInt32(vocabularyCount) else {
      throw TokenFileError.damagedTokens(path: path)
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
  public var contentFingerprint: Fingerprint { Fingerprint(high: UInt64(header.count), low: header.tokenHash) }

  /// The fingerprint of the corpus and of the tokenizer.
  public var fingerprint: Fingerprint { header.fingerprint }

  /// The fingerprint of the vocabulary that the ids belong to.
  public var vocabularyFingerprint: Fingerprint { header.vocabularyFingerprint }

  /// Copies the tokens of `range` to `destination`, widened to 32 bits.
  ///
  /// - Precondition: `range` lies within `0 ..< count`, and `destination` has room. The ids are below `vocabularyCount`,
  ///   as they were when the file was opened: who changes it in place while it is in use stops the process.
  public func copyTokens(_ range: Range<Int>, into destination: UnsafeMutablePointer<Int32>) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count, "tokens \(range) are asked for, there are \(count)")
    guard let base = mapping.bytes.baseAddress?.advanced(by: TokenFileHeader.size) else { return }
    defer { mapping.didRead(range.count * header.idWidth) }
    // The largest id is looked for beside the copying: a damaged file must not lead out of an embedding.
    var largest: UInt32 = 0
    if header.idWidth == 2 {
      let source = base.assumingMemoryBound(to: UInt16.self) + range.lowerBound
      for i in 0..<range.count {
        let id = UInt32(UInt16(littleEndian: source[i]))
        largest = max(largest, id)
        destination[i] = Int32(bitPattern: id)
      }
    } else {
      let source = base.assumingMemoryBound(to: UInt32.self) + range.lowerBound
      for i in 0..<range.count {
        let id = UInt32(littleEndian: source[i])
        largest = max(largest, id)
        destination[i] = Int32(bitPattern: id)
      }
    }
    precondition(
      range.isEmpty || largest < UInt32(vocabularyCount),
      "\(path): the token file is damaged: it holds the id \(largest), expected ids below \(vocabularyCount). Delete it"
    )
  }
}

// SAFETY: the mapping is read-only and private; it lives exactly as long as the object.
private final class Mapping: @unchecked Sendable {
  /// So much is read before the pages are given back, to be mapped again when they are needed.
  private static let largestResidentSize = 16 << 20
  private static let pageSize = 4096

  let bytes: UnsafeRawBufferPointer
  private let readSize = Atomic(0)

  init(path: String) throws {
    // Without waiting: a pipe that nobody writes to would keep us here for ever.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw TokenFileError.unreadable(path: path, reason: TokenFileError.systemReason())
    }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else {
      throw TokenFileError.unreadable(path: path, reason: TokenFileError.systemReason())
    }
    guard information.st_mode & S_IFMT == S_IFREG, information.st_size >= TokenFileHeader.size else {
      throw TokenFileError.notATokenFile(path: path)
    }
    let size = Int(information.st_size)
    guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
      throw TokenFileError.unreadable(path: path, reason: TokenFileError.systemReason())
    }
    bytes = UnsafeRawBufferPointer(start: base, count: size)
  }

  /// Counts what was read. Pages that were read once count as memory of this process as long as they are mapped, and a
  /// long run reads a whole corpus.
  func didRead(_ count: Int) {
    let size = count + Self.pageSize
    if readSize.add(size, ordering: .relaxed).newValue >= Self.largestResidentSize { release() }
  }

  /// Gives the pages back. Whoever reads them at the same time gets them again, from the system's cache or the disk.
  func release() {
    readSize.store(0, ordering: .relaxed)
    madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, MADV_DONTNEED)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
}
