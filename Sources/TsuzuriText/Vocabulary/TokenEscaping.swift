/// The written form of tokens, in `vocabulary.txt` and wherever tokens stand one a line.
///
/// - `\\` is a backslash, `\n` `\r` `\t` are what they are in C, `\u{3000}` is any scalar by its number;
///   a scalar that cannot be seen, or not be told from another, is always written so.
/// - A space stands as it is, except at a token's end, where editors would take it away: `\u{20}`.
/// - `<eos>`, `<unk>` and `<0x00>` … `<0xFF>` are the special tokens. Text that merely reads so begins with `\<`.
package enum TokenEscaping {
  /// A token as it is written: how it is told apart from the special ones.
  package enum Token: Hashable {
    case endOfText
    case unknown
    case byte(UInt8)
    case text([UInt8])
  }

  package static let endOfText = "<eos>"
  package static let unknown = "<unk>"

  /// The written form of a text token.
  package static func escaped(_ utf8: UnsafeBufferPointer<UInt8>) -> String {
    let text = String(decoding: utf8, as: UTF8.self)
    if special(utf8) != nil { return "\\" + text }
    var result = ""
    var rest = text.unicodeScalars[...]
    var isFirst = true
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case " ": result += rest.isEmpty ? "\\u{20}" : " "
      default:
        if isVisible(scalar, atStart: isFirst) {
          result.unicodeScalars.append(scalar)
        } else {
          result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
        }
      }
      isFirst = false
    }
    return result
  }

  /// The written form of the byte that the token stands for.
  package static func escaped(byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x" + (digits.utf8.count == 1 ? "0" : "") + digits + ">"
  }

  /// What `line` stands for, or nil where an escape in it has no meaning.
  package static func token(_ line: UnsafeBufferPointer<UInt8>) -> Token? {
    if let special = special(line) { return special }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(line.count)
    var i = 0
    while i < line.count {
      let byte = line[i]
      i += 1
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      guard i < line.count else { return nil }
      let letter = line[i]
      i += 1
      switch letter {
      case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
      case UInt8(ascii: "n"): bytes.append(UInt8(ascii: "\n"))
      case UInt8(ascii: "r"): bytes.append(UInt8(ascii: "\r"))
      case UInt8(ascii: "t"): bytes.append(UInt8(ascii: "\t"))
      case UInt8(ascii: "<"): bytes.append(UInt8(ascii: "<"))
      case UInt8(ascii: "u"):
        guard let scalar = scalar(line, at: &i) else { return nil }
        bytes += Array(String(Character(scalar)).utf8)
      default: return nil
      }
    }
    return .text(bytes)
  }

  /// Reads `{1F600}`.
  private static func scalar(_ line: UnsafeBufferPointer<UInt8>, at i: inout Int) -> Unicode.Scalar? {
    guard i < line.count, line[i] == UInt8(ascii: "{") else { return nil }
    i += 1
    var value: UInt32 = 0
    var digits = 0
    while i < line.count, line[i] != UInt8(ascii: "}") {
      guard digits < 6, let digit = Character(Unicode.Scalar(line[i])).hexDigitValue else { return nil }
      value = value * 16 + UInt32(digit)
      digits += 1
      i += 1
    }
    guard i < line.count, digits > 0 else { return nil }
    i += 1
    return Unicode.Scalar(value)
  }

  /// The special token that `text` reads as.
  private static func special(_ text: UnsafeBufferPointer<UInt8>) -> Token? {
    // The cheap test first: nearly no token begins so.
    guard text.count >= 5, text[0] == UInt8(ascii: "<"), text.count <= 6 else { return nil }
    if text.elementsEqual(endOfText.utf8) { return .endOfText }
    if text.elementsEqual(unknown.utf8) { return .unknown }
    guard text.count == 6, text[1] == UInt8(ascii: "0"), text[2] == UInt8(ascii: "x"),
      text[5] == UInt8(ascii: ">"), let high = upperDigit(text[3]), let low = upperDigit(text[4])
    else { return nil }
    return .byte(high << 4 | low)
  }

  private static func upperDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// Whether a reader sees the scalar, and sees which it is.
  private static func isVisible(_ scalar: Unicode.Scalar, atStart: Bool) -> Bool {
    if scalar.value < 0x7F { return scalar.value > 0x20 }
    let properties = scalar.properties
    if properties.isDefaultIgnorableCodePoint { return false }
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator,
      .paragraphSeparator:
      return false
    case .nonspacingMark, .enclosingMark, .spacingMark:
      // At the start nothing of the token's own carries the mark.
      return !atStart
    default: return true
    }
  }
}
