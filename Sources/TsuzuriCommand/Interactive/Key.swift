import TsuzuriText

/// A key of a terminal, or text that was typed or pasted.
enum Key: Equatable {
  case text(String)
  case enter, backspace, delete
  /// Ctrl-D.
  case deleteOrEnd
  case left, right, home, end
  case earlier, later
  case eraseBefore, eraseBehind, eraseWord
  case cancel, suspend, redraw
  /// One that means nothing here.
  case none
}

/// The keys in the bytes that a terminal sends, which may be cut anywhere.
///
/// Source: ECMA-48 for the sequences; the letters are those of readline.
struct KeyDecoder {
  private var pending: [UInt8] = []

  /// Adds bytes; returns the keys that are whole.
  mutating func append(_ bytes: some Sequence<UInt8>) -> [Key] {
    pending += bytes
    var keys: [Key] = []
    while let (key, count) = Self.first(of: pending) {
      pending.removeFirst(count)
      keys.append(key)
    }
    return keys
  }

  /// The first key, and how many bytes it has; nil where it is not whole.
  private static func first(of bytes: [UInt8]) -> (Key, Int)? {
    guard let byte = bytes.first else { return nil }
    if byte == 0x1B { return sequence(bytes) }
    if byte < 0x20 || byte == 0x7F { return (control(byte), 1) }
    switch UTF8Sequence(atBeginningOf: bytes) {
    case .wellFormed(let length): return (.text(String(decoding: bytes[..<length], as: UTF8.self)), length)
    case .illFormed(let length): return (.none, length)
    case .unfinished: return nil
    }
  }

  private static func control(_ byte: UInt8) -> Key {
    switch byte {
    case 0x01: .home
    case 0x02: .left
    case 0x03: .cancel
    case 0x04: .deleteOrEnd
    case 0x05: .end
    case 0x06: .right
    case 0x08, 0x7F: .backspace
    case 0x0A, 0x0D: .enter
    case 0x0B: .eraseBehind
    case 0x0C: .redraw
    case 0x0E: .later
    case 0x10: .earlier
    case 0x15: .eraseBefore
    case 0x17: .eraseWord
    case 0x1A: .suspend
    default: .none
    }
  }

  /// `ESC [ parameters letter`, `ESC O letter`, or `ESC` with another key, which means nothing.
  private static func sequence(_ bytes: [UInt8]) -> (Key, Int)? {
    guard bytes.count > 1 else { return nil }
    if bytes[1] == UInt8(ascii: "O") {
      guard bytes.count > 2 else { return nil }
      return (named(bytes[2], []), 3)
    }
    guard bytes[1] == UInt8(ascii: "[") else { return (.none, 2) }
    guard let last = bytes[2...].firstIndex(where: { (0x40...0x7E).contains($0) }) else {
      // No terminal sends so much.
      return bytes.count > 32 ? (.none, bytes.count) : nil
    }
    return (named(bytes[last], Array(bytes[2..<last])), last + 1)
  }

  private static func named(_ letter: UInt8, _ parameters: [UInt8]) -> Key {
    switch (letter, String(decoding: parameters, as: UTF8.self)) {
    case (UInt8(ascii: "A"), _): .earlier
    case (UInt8(ascii: "B"), _): .later
    case (UInt8(ascii: "C"), _): .right
    case (UInt8(ascii: "D"), _): .left
    case (UInt8(ascii: "H"), _), (UInt8(ascii: "~"), "1"), (UInt8(ascii: "~"), "7"): .home
    case (UInt8(ascii: "F"), _), (UInt8(ascii: "~"), "4"), (UInt8(ascii: "~"), "8"): .end
    case (UInt8(ascii: "~"), "3"): .delete
    default: .none
    }
  }
}
