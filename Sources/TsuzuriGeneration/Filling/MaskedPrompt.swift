internal import TsuzuriText

/// A text with places to be filled, as tokens.
struct MaskedPrompt: Sendable {
  /// A place to be filled.
  struct Place: Sendable {
    /// Whether a blank stood before it that belongs to the word to come: at the word level a word has its blank within its
    /// token.
    var beginsWithBlank: Bool
    /// How many places follow this one with nothing between: their tokens may be bytes of one character.
    var followers = 0
  }

  /// The tokens before, between and behind the places: one part more than there are places.
  private(set) var parts: [[Int32]] = []
  private(set) var places: [Place] = []

  init(_ text: String, _ tokenizer: Tokenizer) throws {
    let texts = Self.split(text)
    for (n, part) in texts.enumerated() {
      var part = part
      if n < texts.count - 1 {
        let beginsWithBlank = tokenizer.level == .word && Self.endsInOneBlank(part)
        if beginsWithBlank { part.unicodeScalars.removeLast() }
        places.append(Place(beginsWithBlank: beginsWithBlank))
      }
      parts.append(part.isEmpty ? [] : try tokenizer.encode(part))
    }
    for n in places.indices.dropLast().reversed() where parts[n + 1].isEmpty && !places[n + 1].beginsWithBlank {
      places[n].followers = places[n + 1].followers + 1
    }
  }

  /// What stands around the masks.
  static func split(_ text: String) -> [String] {
    // By scalars: a mark that combines with the bracket would hide the mask otherwise.
    let (scalars, mask) = (Array(text.unicodeScalars), Array(MaskFiller.mask.unicodeScalars))
    var parts = [String.UnicodeScalarView()]
    var index = 0
    while index < scalars.count {
      if scalars[index...].starts(with: mask) {
        parts.append(String.UnicodeScalarView())
        index += mask.count
      } else {
        parts[parts.count - 1].append(scalars[index])
        index += 1
      }
    }
    return parts.map { String($0) }
  }

  /// Whether the text ends in a single U+0020: of a run, no blank belongs to the word behind it.
  private static func endsInOneBlank(_ text: String) -> Bool {
    let scalars = text.unicodeScalars
    guard scalars.last == " " else { return false }
    return scalars.dropLast().last?.properties.generalCategory != .spaceSeparator
  }

  /// The tokens of the whole text with its places filled.
  func filled(with tokens: [Int32]) -> [Int32] {
    zip(parts, tokens).flatMap { $0 + [$1] } + parts[parts.count - 1]
  }
}
