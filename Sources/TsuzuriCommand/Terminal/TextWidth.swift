import TsuzuriText

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
    let scalars = character.unicodeScalars
    guard let first = scalars.first else { return 0 }
    // U+FE0F asks for the picture of a character that otherwise is a narrow sign; two letters of a country are a flag.
    let isFlag = scalars.allSatisfy { (0x1F1E6...0x1F1FF).contains($0.value) }
    if scalars.count > 1, isFlag || scalars.contains("\u{FE0F}") { return 2 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: break
    }
    // Half-width katakana has its sound marks in columns of their own.
    let marks = scalars.dropFirst().count { ("\u{FF9E}"..."\u{FF9F}").contains($0) }
    return (first.isWide ? 2 : 1) + marks
  }
}
