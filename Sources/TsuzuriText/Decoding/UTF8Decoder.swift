/// Decodes UTF-8. An ill-formed ``UTF8Sequence`` becomes one U+FFFD where the decoder is lossy.
final class UTF8Decoder: TextDecoder {
  let encoding = "UTF-8"
  private let isLossy: Bool

  init(isLossy: Bool) { self.isLossy = isLossy }

  func decode(_ bytes: UnsafeBufferPointer<UInt8>, isLast: Bool, into target: UnitBuffer) throws -> Int {
    guard let first = bytes.baseAddress else { return 0 }
    let count = bytes.count
    // Each byte gives one unit at the most: an ill-formed sequence is at least one byte long, and four bytes give two.
    let written = target.room(for: count)
    var from = 0
    var to = 0
    while true {
      Self.decodeValid(first, count, &from, written, &to)
      if from == count { break }
      let sequence = UTF8Sequence(atBeginningOf: bytes[from...])
      if case .unfinished = sequence, !isLast { break }
      if !isLossy {
        target.didWrite(to)
        throw InvalidBytes(offset: from, bytes: Array(bytes[from..<from + sequence.length]))
      }
      written[to] = 0xFFFD
      to += 1
      from += sequence.length
    }
    target.didWrite(to)
    return from
  }

  /// Decodes up to the first ill-formed or unfinished sequence.
  private static func decodeValid(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ from: inout Int, _ units: UnsafeMutablePointer<UInt16>,
    _ to: inout Int
  ) {
    let raw = UnsafeRawPointer(bytes)
    var source = from
    var target = to
    defer { (from, to) = (source, target) }
    while source < count {
      let byte = bytes[source]
      if byte < 0x80 {
        // Sixteen bytes at once while all of them are ASCII.
        while source + 16 <= count {
          let block = raw.loadUnaligned(fromByteOffset: source, as: SIMD16<UInt8>.self)
          if (block & 0x80) != SIMD16<UInt8>() { break }
          UnsafeMutableRawPointer(units + target).storeBytes(
            of: SIMD16<UInt16>(truncatingIfNeeded: block), as: SIMD16<UInt16>.self)
          source += 16
          target += 16
        }
        while source < count, bytes[source] < 0x80 {
          units[target] = UInt16(truncatingIfNeeded: bytes[source])
          source &+= 1
          target &+= 1
        }
        continue
      }
      if byte >= 0xE0, byte < 0xF0 {
        guard source + 3 <= count else { return }
        let second = bytes[source &+ 1]
        let third = bytes[source &+ 2]
        let unit = UInt16(byte & 0x0F) << 12 | UInt16(second & 0x3F) << 6 | UInt16(third & 0x3F)
        // Not below U+0800, which is shorter, and not a surrogate.
        guard second & 0xC0 == 0x80, third & 0xC0 == 0x80, unit >= 0x800, unit & 0xF800 != 0xD800 else { return }
        units[target] = unit
        source &+= 3
        target &+= 1
      } else if byte >= 0xC2, byte < 0xE0 {
        guard source + 2 <= count, bytes[source &+ 1] & 0xC0 == 0x80 else { return }
        units[target] = UInt16(byte & 0x1F) << 6 | UInt16(bytes[source &+ 1] & 0x3F)
        source &+= 2
        target &+= 1
      } else if byte >= 0xF0, byte < 0xF5 {
        guard source + 4 <= count else { return }
        let (second, third, fourth) = (bytes[source &+ 1], bytes[source &+ 2], bytes[source &+ 3])
        let scalar =
          UInt32(byte & 0x07) << 18 | UInt32(second & 0x3F) << 12 | UInt32(third & 0x3F) << 6 | UInt32(fourth & 0x3F)
        guard second & 0xC0 == 0x80, third & 0xC0 == 0x80, fourth & 0xC0 == 0x80, scalar >= 0x10000, scalar < 0x110000
        else { return }
        units[target] = UInt16(truncatingIfNeeded: 0xD7C0 &+ scalar >> 10)
        units[target &+ 1] = UInt16(truncatingIfNeeded: 0xDC00 | scalar & 0x3FF)
        source &+= 4
        target &+= 2
      } else {
        return
      }
    }
  }
}
