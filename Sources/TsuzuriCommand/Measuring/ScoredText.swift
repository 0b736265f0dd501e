import Tsuzuri

/// A text gone through as `Evaluator` goes through what it measures: that on which numbers are found which nobody gave, say.
struct ScoredText {
  private let sources: [TextSource]
  private let tokenizer: Tokenizer
  private let threads: Int

  init(at path: String, tokenizer: Tokenizer, threads: Int) throws {
    sources = try CorpusListing.sources(at: [path])
    self.tokenizer = tokenizer
    self.threads = threads
  }

  /// Whether a token of it is scored.
  func isScored(_ token: Int32) -> Bool { token != Vocabulary.endOfText || tokenizer.level.scoresEndOfText }

  /// Gives the tokens in parts, once through the text.
  ///
  /// - Throws: `CorpusError.empty` where there are none, `TextError`, and what `take` throws.
  func forEachPart(_ take: ([Int32]) throws -> Void) throws {
    var count = 0
    for (index, source) in sources.enumerated() {
      if index > 0, tokenizer.level != .whitespace { try take([Vocabulary.endOfText]) }
      try tokenizer.encode(source, threads: threads) { block in
        count += block.ids.count
        try take(block.ids)
      }
    }
    guard count > 0 else { throw CorpusError.empty(names: sources.map(\.name)) }
  }

  /// The text's first tokens; the rest, which may be without end, is not read.
  ///
  /// - Throws: as ``forEachPart(_:)`` does.
  func tokens(atMost limit: Int) throws -> [Int32] {
    guard limit > 0 else { return [] }
    var tokens: [Int32] = []
    do {
      try forEachPart {
        tokens += $0
        if tokens.count >= limit { throw Enough() }
      }
    } catch is Enough {
      tokens.removeSubrange(limit...)
    }
    return tokens
  }

  private struct Enough: Error {}
}
