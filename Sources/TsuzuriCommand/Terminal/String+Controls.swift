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
}
