import TsuzuriText

/// The hashes of a token file's blocks, as they grow while it is written.
///
/// A block is 1 MiB of tokens, the last one what is left. Each has a hash of its own so that a block can be checked when
/// it is read for the first time: opening a corpus of 100 GB reads 800 KB of hashes, and no tokens.
package struct TokenBlocks {
  /// The bytes of a block.
  package static let size = 1 << 20

  /// The hashes of the blocks that are full, and after ``finish()`` of all.
  package private(set) var hashes: [UInt64] = []
  private var current = ContentHash()
  private var room = Self.size

  package init() {}

  /// How many blocks so many bytes are.
  package static func count(ofBytes bytes: Int) -> Int { bytes / size + (bytes % size == 0 ? 0 : 1) }

  /// Adds `bytes`; cutting the tokens in other places gives the same hashes.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest.prefix(room))
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
      current.update(part)
      room -= part.count
      if room == 0 { close() }
    }
  }

  /// Ends the last block.
  package mutating func finish() {
    if room < Self.size { close() }
  }

  private mutating func close() {
    hashes.append(current.value)
    current = ContentHash()
    room = Self.size
  }

  /// The hashes as they stand in the file, little-endian.
  package var bytes: [UInt8] {
    hashes.flatMap { hash in withUnsafeBytes(of: hash.littleEndian) { Array($0) } }
  }

  /// The hash of the hashes, which stands in the header.
  package var hash: UInt64 { ContentHash.hash(of: bytes) }
}

extension ContentHash {
  /// The hash of `bytes`.
  package static func hash(of bytes: some Sequence<UInt8>) -> UInt64 {
    Array(bytes).withUnsafeBufferPointer { hash($0, seed: 0) }
  }
}
