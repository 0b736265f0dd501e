/// XXH64, a 64-bit checksum: tells a damaged or another file from the one that was meant. No protection against
/// somebody who wants a collision.
///
/// Four lanes of 64 bits take 8 bytes each from a stripe of 32, `v ← rotl(v + x·P₂, 31)·P₁`; the end folds the lanes,
/// the length and the last bytes together.
///
/// - Complexity: O(bytes).
///
/// Source: Yann Collet, *xxHash fast digest algorithm*, version 0.1.1 (the XXH64 part).
public struct Checksum: Sendable {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5
  private static let stripe = 32

  private let seed: UInt64
  private var lanes: SIMD4<UInt64>
  private var pending: [UInt8] = []
  private var length: UInt64 = 0

  /// A checksum of no bytes yet.
  public init(seed: UInt64 = 0) {
    self.seed = seed
    lanes = [seed &+ Self.prime1 &+ Self.prime2, seed &+ Self.prime2, seed, seed &- Self.prime1]
    pending.reserveCapacity(Self.stripe)
  }

  /// Takes in further bytes; how they are cut into calls does not matter.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    length &+= UInt64(bytes.count)
    var rest = bytes[...]
    if !pending.isEmpty {
      let missing = rest.prefix(Self.stripe - pending.count)
      pending.append(contentsOf: missing)
      rest = rest.dropFirst(missing.count)
      guard pending.count == Self.stripe else { return }
      pending.withUnsafeBytes { absorb($0) }
      pending.removeAll(keepingCapacity: true)
    }
    let whole = rest.count / Self.stripe * Self.stripe
    absorb(UnsafeRawBufferPointer(rebasing: rest.prefix(whole)))
    pending.append(contentsOf: rest.dropFirst(whole))
  }

  /// Takes in the UTF-8 of `text`.
  public mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  /// The checksum of everything so far.
  public var value: UInt64 {
    var hash: UInt64
    if length >= UInt64(Self.stripe) {
      hash =
        Self.rotate(lanes[0], 1) &+ Self.rotate(lanes[1], 7) &+ Self.rotate(lanes[2], 12) &+ Self.rotate(lanes[3], 18)
      for lane in 0..<4 {
        hash = (hash ^ Self.round(0, lanes[lane])) &* Self.prime1 &+ Self.prime4
      }
    } else {
      hash = seed &+ Self.prime5
    }
    hash &+= length
    pending.withUnsafeBytes { tail in
      var at = 0
      while at + 8 <= tail.count {
        let word = UInt64(littleEndian: tail.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        hash = Self.rotate(hash ^ Self.round(0, word), 27) &* Self.prime1 &+ Self.prime4
        at += 8
      }
      if at + 4 <= tail.count {
        let word = UInt32(littleEndian: tail.loadUnaligned(fromByteOffset: at, as: UInt32.self))
        hash = Self.rotate(hash ^ (UInt64(word) &* Self.prime1), 23) &* Self.prime2 &+ Self.prime3
        at += 4
      }
      while at < tail.count {
        hash = Self.rotate(hash ^ (UInt64(tail[at]) &* Self.prime5), 11) &* Self.prime1
        at += 1
      }
    }
    hash = (hash ^ (hash >> 33)) &* Self.prime2
    hash = (hash ^ (hash >> 29)) &* Self.prime3
    return hash ^ (hash >> 32)
  }

  /// The checksum of the file at `path`.
  /// - Throws: `ArchiveError.unreadable`.
  public static func ofFile(at path: String) throws -> UInt64 {
    let file = try MappedFile(path: path)
    var checksum = Checksum()
    checksum.update(file.bytes)
    return withExtendedLifetime(file) { checksum.value }
  }

  private mutating func absorb(_ stripes: UnsafeRawBufferPointer) {
    // Four scalars, not the SIMD vector: AVX2 has no 64-bit product, and the scalar multiplier does one a cycle.
    var (a, b, c, d) = (lanes[0], lanes[1], lanes[2], lanes[3])
    for at in stride(from: 0, to: stripes.count, by: Self.stripe) {
      a = Self.round(a, UInt64(littleEndian: stripes.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
      b = Self.round(b, UInt64(littleEndian: stripes.loadUnaligned(fromByteOffset: at + 8, as: UInt64.self)))
      c = Self.round(c, UInt64(littleEndian: stripes.loadUnaligned(fromByteOffset: at + 16, as: UInt64.self)))
      d = Self.round(d, UInt64(littleEndian: stripes.loadUnaligned(fromByteOffset: at + 24, as: UInt64.self)))
    }
    lanes = [a, b, c, d]
  }

  @inline(__always)
  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    rotate(lane &+ word &* prime2, 31) &* prime1
  }

  @inline(__always)
  private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value << count | value >> (64 - count)
  }
}
