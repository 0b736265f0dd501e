extension String {
  /// The text in quotation marks, as safe to show as text of ours: what a terminal could take for an order, or what
  /// nobody would see, is written as its number, and 60 scalars are enough.
  package var shown: String {
    let limit = 60
    let start = unicodeScalars.prefix(limit)
    let cut = start.endIndex < unicodeScalars.endIndex ? "…" : ""
    return "\"" + start.map(\.shown).joined() + cut + "\""
  }
}

extension Unicode.Scalar {
  /// The scalar as it is shown in a message.
  package var shown: String {
    if value < 0x80 { return escaped(asASCII: false) }
    if !properties.isDefaultIgnorableCodePoint {
      switch properties.generalCategory {
      case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: break
      default: return String(Character(self))
      }
    }
    return "\\u{\(String(value, radix: 16, uppercase: true))}"
  }
}
