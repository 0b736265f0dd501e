extension String {
  /// The text, as safe to show as text of ours: what a terminal could take for an order, or what
  /// nobody would see, is written as its number, and 60 scalars are enough.
  var shown: String {
    let limit = 60
    let start = unicodeScalars.prefix(limit)
    let cut = start.endIndex < unicodeScalars.endIndex ? "…" : ""
    return start.map(\.shown).joined() + cut
  }
}

extension Unicode.Scalar {
  /// The scalar as it is shown in a message.
  var shown: String {
    if (0x20..<0x7F).contains(value) { return String(Character(self)) }
    if !properties.isDefaultIgnorableCodePoint {
      switch properties.generalCategory {
      case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: break
      default: return String(Character(self))
      }
    }
    return "\\u{\(String(value, radix: 16, uppercase: true))}"
  }
}

extension String {
  /// A token in its written form, where everything that cannot be seen is escaped already: only shortened.
  var shownToken: String {
    let limit = 60
    let start = unicodeScalars.prefix(limit)
    return String(String.UnicodeScalarView(start)) + (start.endIndex < unicodeScalars.endIndex ? "…" : "")
  }
}
