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
    // By scalars: whoever compares characters has all marks of one sorted, be they thousands.
    unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let words = String(line).withoutControls.unicodeScalars.split(separator: " ", omittingEmptySubsequences: false)
      return words.map { String($0).shortened(to: 240) }.joined(separator: " ").shortened(to: 4000)
    }.joined(separator: "\n")
  }

  /// The text; of one that is longer than `count` scalars, its beginning and its end.
  private func shortened(to count: Int) -> String {
    let scalars = unicodeScalars
    guard scalars.count > count else { return self }
    return String(scalars.prefix(count / 2)) + "…" + String(scalars.suffix(count / 2))
  }
}
