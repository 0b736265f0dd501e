/// A 64-bit hash of bytes, the same on every machine and in every run: names cached files and finds damaged ones.
///
/// Eight bytes a step, folded by a full 64 × 64 → 128 bit product (the mixing step of wyhash). It is not
/// cryptographic: it finds accidents, not forgeries.
package struct ContentHash: Sendable {
  private static let multiplier: UInt64 = 0xA076_1D64_78BD_642F
  private static let increment: UInt64 = 0xE703_7ED1_A0B4_28DB

  private var state: UInt64
  private var length: UInt64 = 0
  /// Up to seven bytes that wait for their word to be full.
  private var pending: UInt64 = 0
  private var pendingCount: UInt64 = 0

  package init(seed: UInt64 = 0) { state = Self.mix(seed ^ Self.increment, Self.multiplier) }

  @inline(__always)
  private static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }

  @inline(__always)
  private mutating func absorb(_ word: UInt64) {
    state = Self.mix(state ^ word, Self.multiplier) &+ Self.increment
  }

  /// Adds `bytes`; cutting a text in other places gives the same hash.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    length &+= UInt64(bytes.count)
    var i = 0
    while pendingCount > 0 && i < bytes.count {
      pending |= UInt64(bytes[i]) << (pendingCount * 8)
      pendingCount += 1
      i += 1
      if pendingCount == 8 {
        absorb(pending)
        (pending, pendingCount) = (0, 0)
      }
    }
    while i + 8 <= bytes.count {
      absorb(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self)))
      i += 8
    }
    while i < bytes.count {
      pending |= UInt64(bytes[i]) << (pendingCount * 8)
      pendingCount += 1
      i += 1
    }
  }

  /// The hash of all that was added.
  package var value: UInt64 {
    var final = self
    final.absorb(pending)
    return Self.mix(final.state ^ length, Self.increment)
  }

  @inline(__always)
  package static func hash(_ bytes: UnsafeBufferPointer<UInt8>, seed: UInt64) -> UInt64 {
    var hash = ContentHash(seed: seed)
    hash.update(UnsafeRawBufferPointer(bytes))
    return hash.value
  }
}
