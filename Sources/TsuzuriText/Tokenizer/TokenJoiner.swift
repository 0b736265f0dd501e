/// Puts the bytes of tokens side by side, with blanks and line ends where the whitespace level has them.
package struct TokenJoiner {
  let vocabulary: Vocabulary
  /// Whether a blank stands before the next word (whitespace level).
  private var needsBlank = false

  package init(vocabulary: Vocabulary, after previous: Int32? = nil) {
    self.vocabulary = vocabulary
    if let previous { needsBlank = previous != Vocabulary.endOfText }
  }

  package mutating func append(_ id: Int32, to bytes: inout [UInt8]) {
    guard vocabulary.kind == .closed else {
      vocabulary.withBytes(of: id) { bytes.append(contentsOf: $0) }
      return
    }
    if id == Vocabulary.endOfText {
      bytes.append(UInt8(ascii: "\n"))
      needsBlank = false
    } else {
      if needsBlank { bytes.append(UInt8(ascii: " ")) }
      vocabulary.withBytes(of: id) { bytes.append(contentsOf: $0) }
      needsBlank = true
    }
  }
}
