internal import TsuzuriText

/// Texts that must not appear, in whatever tokens they would come.
///
/// A token is forbidden where its bytes would complete a banned text, all of it or the end of one whose beginning stands
/// there already, in the sample or in the prompt. So no sample holds a banned text, be it spelled as one word, as
/// characters or as bytes. What is refused is the token that completes the text, and no earlier one: a ban of `ab` still
/// lets the sample come to `a`, and goes on with what is likely there.
///
/// - Complexity: for each token a search in the order of all tokens' bytes for each banned text that has begun.
struct BannedTexts: Sendable {
  /// How much of each banned text ends what was written.
  struct Position: Sendable, Hashable {
    fileprivate var matched: [Int]
    /// Whether a blank comes before the next word.
    fileprivate var needsBlank: Bool
  }

  private let patterns: [TextPattern]
  private let isClosed: Bool
  /// What tokens add, and which hold a banned text by themselves: without and with a blank before them.
  private let plain: Table
  private let blank: Table

  private struct Table: Sendable {
    let spellings: TokenSpellings
    let whole: [Int32]

    init(_ vocabulary: Vocabulary, after previous: Int32?, _ patterns: [TextPattern]) {
      spellings = TokenSpellings(vocabulary, after: previous)
      whole = Array(Set(patterns.flatMap(spellings.tokens(containing:)))).sorted()
    }
  }

  /// - Precondition: no text is empty; they are normalised as the model's are.
  init(_ texts: [String], _ vocabulary: Vocabulary) {
    let patterns = texts.map(TextPattern.init)
    self.patterns = patterns
    isClosed = vocabulary.kind == .closed
    plain = Table(vocabulary, after: nil, patterns)
    blank = isClosed ? Table(vocabulary, after: Vocabulary.unknown, patterns) : plain
  }

  /// The place at the end of a prompt.
  ///
  /// - Parameter previous: the token that decides whether a blank comes next; nil for none.
  func start(after ids: [Int32], previous: Int32?) -> Position {
    var position = Position(matched: [Int](repeating: 0, count: patterns.count), needsBlank: false)
    for id in ids { advance(&position, by: id) }
    if isClosed { position.needsBlank = previous.map { $0 != Vocabulary.endOfText } ?? false }
    return position
  }

  /// Moves on by a token.
  func advance(_ position: inout Position, by id: Int32) {
    for byte in table(position).spellings.bytes(of: id) {
      for index in patterns.indices {
        position.matched[index] = patterns[index].step(from: position.matched[index], byte).matched
      }
    }
    if isClosed { position.needsBlank = id != Vocabulary.endOfText }
  }

  /// Puts the tokens that would complete a banned text into `set`.
  func forbid(at position: Position, in set: inout TokenSet) {
    let table = table(position)
    for id in table.whole { set.insert(id) }
    for (pattern, matched) in zip(patterns, position.matched) {
      var matched = matched
      while matched > 0 {
        for id in table.spellings.tokens(beginningWith: pattern.bytes[matched...]) { set.insert(id) }
        matched = pattern.shorter(matched)
      }
    }
  }

  private func table(_ position: Position) -> Table { position.needsBlank ? blank : plain }
}
