import TsuzuriArchive

extension String {
  /// The text without what a terminal takes for orders: a model's folder can come from anywhere, and so can its names.
  var withoutControls: String {
    unicodeScalars.map { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: scalar.shown
      default: String(Character(scalar))
      }
    }.joined()
  }

  /// The text as a message: without controls but line ends, and nothing in it that is longer than a person reads. A value
  /// that the command line gave can be anything.
  var asMessage: String {
    split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let words = String(line).withoutControls.split(separator: " ", omittingEmptySubsequences: false)
      return words.map(\.shortenedWord).joined(separator: " ").shortened(to: 4000)
    }.joined(separator: "\n")
  }

  private func shortened(to count: Int) -> String {
    unicodeScalars.count <= count ? self : String(unicodeScalars.prefix(count)) + "…"
  }
}

extension Substring {
  /// The word; of one that is longer than any name of a file should be, its beginning and its end.
  fileprivate var shortenedWord: String {
    let scalars = unicodeScalars
    guard scalars.count > 255 else { return String(self) }
    return String(scalars.prefix(120)) + "…" + String(scalars.suffix(120))
  }
}
