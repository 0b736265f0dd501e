/// How many columns of a terminal a text takes: a Japanese character two, a mark on a character none.
enum TextWidth {
  /// The columns of `text`.
  static func columns(of text: some StringProtocol) -> Int { text.reduce(0) { $0 + columns(of: $1) } }

  /// The longest beginning of `text` that fits into `columns`, with `…` at its end where something is left out.
  static func clip(_ text: String, toColumns columns: Int) -> String {
    if self.columns(of: text) <= columns { return text }
    var result = ""
    var used = 1
    for character in text {
      used += self.columns(of: character)
      if used > columns { break }
      result.append(character)
    }
    return columns < 1 ? "" : result + "…"
  }

  /// The lines of `text`, each cut where it is longer than `columns`.
  static func wrap(_ text: String, toColumns columns: Int) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
      var lines = [""]
      var used = 0
      for character in line {
        let width = self.columns(of: character)
        if used + width > columns, used > 0 {
          lines.append("")
          used = 0
        }
        lines[lines.count - 1].append(character)
        used += width
      }
      return lines
    }
  }

  private static func columns(of character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    // U+FE0F asks for the picture of a character that otherwise is a narrow sign.
    if character.unicodeScalars.count > 1, character.unicodeScalars.contains("\u{FE0F}") { return 2 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: return wide.contains { $0.contains(first.value) } ? 2 : 1
    }
  }

  /// The blocks whose characters are wide or full-width, to the block and not to the character.
  ///
  /// Source: Unicode 15.0, EastAsianWidth.txt, W and F.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x231A...0x231B, 0x23E9...0x23EC, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF,
    0x4E00...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F,
    0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18CFF, 0x1AFF0...0x1B2FF, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
    0x1F900...0x1FAFF, 0x20000...0x3FFFD,
  ]
}
