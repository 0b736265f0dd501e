import TsuzuriArchive

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

/// 128 bits that stand for a content: two hashes with different seeds, written as 32 hexadecimal digits.
public struct Fingerprint: Sendable, Hashable, Codable, CustomStringConvertible {
  /// The two halves.
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The fingerprint of `bytes`.
  public init(of bytes: some Sequence<UInt8>) {
    let content = Array(bytes)
    var builder = FingerprintBuilder()
    content.withUnsafeBytes { builder.update($0) }
    self = builder.fingerprint
  }

  /// The fingerprint that `description` writes, or nil where it is not 32 hexadecimal digits.
  public init?(_ description: String) {
    guard description.utf8.count == 32, let high = UInt64(description.prefix(16), radix: 16),
      let low = UInt64(description.suffix(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }

  /// 32 hexadecimal digits.
  public var description: String { high.hexadecimalDigits + low.hexadecimalDigits }

  /// Reads what `encode(to:)` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = Fingerprint(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "a fingerprint is 32 hexadecimal digits, found '\(text)'")
    }
    self = value
  }

  /// Writes the fingerprint as one string.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// A fingerprint in the making, over content that arrives in pieces.
package struct FingerprintBuilder: Sendable {
  private var first = ContentHash(seed: 1)
  private var second = ContentHash(seed: 2)

  package init() {}

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    first.update(bytes)
    second.update(bytes)
  }

  package mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  package var fingerprint: Fingerprint { Fingerprint(high: first.value, low: second.value) }
}
