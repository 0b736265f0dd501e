package import TsuzuriText

/// The first 160 bytes of a token file, all numbers little-endian. The tokens follow, `idWidth` bytes each, and after them
/// the hashes of their blocks, 8 bytes each (``TokenBlocks``).
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 8 | `TSUZURI` and the byte 0x1A |
/// | 8, 12 | 4, 4 | format version 2; width of an id, 2 or 4 |
/// | 16, 24 | 8, 8 | V, the number of ids in the vocabulary; number of tokens |
/// | 32, 40, 48, 56 | 8 each | UTF-8 bytes, scalars, segments, segments without a token of their own, of the normalised text |
/// | 64, 80 | 16, 16 | fingerprint of corpus and tokenizer; fingerprint of the vocabulary |
/// | 96, 104, 112 | 8 each | of the validation part at the end: tokens, UTF-8 bytes, scalars |
/// | 120 | 8 | hash of the blocks' hashes |
/// | 128 | 24 | zero |
/// | 152 | 8 | hash of the bytes before |
package struct TokenFileHeader: Equatable {
  package static let size = 160
  package static let version = 2
  private static let magic: [UInt8] = Array("TSUZURI".utf8) + [0x1A]

  package var idWidth = 4
  package var vocabularyCount = 0
  package var count = 0
  package var utf8 = 0
  package var scalars = 0
  package var segments = 0
  package var unknown = 0
  package var fingerprint = Fingerprint(high: 0, low: 0)
  package var vocabularyFingerprint = Fingerprint(high: 0, low: 0)
  package var validation = ValidationCounts()
  package var blockHash: UInt64 = 0

  package init() {}

  /// The length of all tokens, or nil where it is beyond all bounds.
  package var tokenSize: Int? {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: idWidth)
    // A quarter of what a number can hold leaves room for header and hashes.
    return overflow || bytes > Int.max / 4 ? nil : bytes
  }

  /// The length of the whole file, or nil where it is beyond all bounds.
  package var fileSize: Int? { tokenSize.map { Self.size + $0 + 8 * TokenBlocks.count(ofBytes: $0) } }

  package var bytes: [UInt8] {
    var bytes = Self.magic
    func append(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    append(UInt32(Self.version))
    append(UInt32(idWidth))
    for value in [vocabularyCount, count, utf8, scalars, segments, unknown] { append(UInt64(value)) }
    for part in [fingerprint, vocabularyFingerprint] {
      append(part.high)
      append(part.low)
    }
    for value in [validation.tokens, validation.utf8, validation.scalars] { append(UInt64(value)) }
    append(blockHash)
    bytes += [UInt8](repeating: 0, count: Self.size - 8 - bytes.count)
    append(Self.hash(bytes[...]))
    return bytes
  }

  /// Reads a header and checks what can be checked without the tokens.
  ///
  /// - Throws: `TokenFileError`, which names `path`.
  package init(_ bytes: [UInt8], path: String) throws {
    guard bytes.count >= 16, bytes.starts(with: Self.magic) else { throw TokenFileError.notATokenFile(path: path) }
    var offset = Self.magic.count
    func read<T: FixedWidthInteger>(_: T.Type) -> T {
      defer { offset += MemoryLayout<T>.size }
      return T(littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: T.self) })
    }
    let version = Int(read(UInt32.self))
    guard version == Self.version else {
      throw TokenFileError.unknownVersion(path: path, expected: Self.version, found: version)
    }
    guard bytes.count == Self.size else { throw TokenFileError.damagedHeader(path: path) }
    idWidth = Int(read(UInt32.self))
    func number() throws -> Int {
      guard let value = Int(exactly: read(UInt64.self)) else { throw TokenFileError.damagedHeader(path: path) }
      return value
    }
    vocabularyCount = try number()
    count = try number()
    utf8 = try number()
    scalars = try number()
    segments = try number()
    unknown = try number()
    fingerprint = Fingerprint(high: read(UInt64.self), low: read(UInt64.self))
    vocabularyFingerprint = Fingerprint(high: read(UInt64.self), low: read(UInt64.self))
    validation.tokens = try number()
    validation.utf8 = try number()
    validation.scalars = try number()
    blockHash = read(UInt64.self)
    offset = Self.size - 8
    guard read(UInt64.self) == Self.hash(bytes.dropLast(8)), idWidth == 2 || idWidth == 4,
      vocabularyCount > 0, vocabularyCount <= Int(Int32.max), count > 0, validation.tokens <= count, fileSize != nil
    else { throw TokenFileError.damagedHeader(path: path) }
  }

  private static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    ContentHash.hash(of: bytes)
  }
}

/// What the validation part at the end of a token file holds.
public struct ValidationCounts: Sendable, Hashable {
  /// The tokens.
  public var tokens = 0
  /// The bytes of the normalised text in UTF-8.
  public var utf8 = 0
  /// The Unicode scalars of the normalised text.
  public var scalars = 0

  /// Counts of nothing.
  public init() {}
}
