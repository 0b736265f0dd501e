extension String {
  /// The text in quotation marks, as ``shownPlain`` and with its own quotation marks and backslashes escaped.
  package var shown: String { "\"" + shortened { $0 == "\"" || $0 == "\\" ? "\\\($0)" : $0.shown } + "\"" }

  /// The text, as safe to show as text of ours: what a terminal could take for an order, or what nobody would see, is
  /// written as its number, and 60 scalars are enough.
  package var shownPlain: String { shortened(\.shown) }

  /// The text where everything that cannot be seen is escaped already: only shortened.
  package var shownShort: String { shortened { String(Character($0)) } }

  private func shortened(_ written: (Unicode.Scalar) -> String) -> String {
    let start = unicodeScalars.prefix(60)
    return start.map(written).joined() + (start.endIndex < unicodeScalars.endIndex ? "…" : "")
  }
}

extension Unicode.Scalar {
  /// The scalar as it is shown in a message.
  package var shown: String {
    if value < 0x80 {
      return self == "\"" || self == "\\" || self == "'" ? String(Character(self)) : escaped(asASCII: false)
    }
    if !properties.isDefaultIgnorableCodePoint {
      switch properties.generalCategory {
      case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: break
      default: return String(Character(self))
      }
    }
    return "\\u{\(String(value, radix: 16, uppercase: true))}"
  }
}
