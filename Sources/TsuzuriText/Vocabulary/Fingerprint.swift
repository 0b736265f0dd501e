import TsuzuriArchive

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
