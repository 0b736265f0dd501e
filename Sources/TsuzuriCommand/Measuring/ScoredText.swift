import Foundation
import Tsuzuri

/// A text gone through as `Evaluator` goes through what it measures: that on which numbers are found which nobody gave, say.
///
/// It can be gone through as often as one likes: the tokens of what can be read but once stay in memory.
final class ScoredText {
  private let sources: [TextSource]
  private let tokenizer: Tokenizer
  private let threads: Int
  /// The tokens of a stream that was read to its end.
  private var kept: [Int32]?
  private static let pieceLength = 65_536

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
    if let kept {
      for start in stride(from: 0, to: kept.count, by: Self.pieceLength) {
        try take(Array(kept[start..<min(kept.count, start + Self.pieceLength)]))
      }
      return
    }
    let isKept = sources.contains(where: Self.isStream)
    var tokens: [Int32] = []
    var count = 0
    for (index, source) in sources.enumerated() {
      if index > 0, tokenizer.level != .whitespace {
        if isKept { tokens.append(Vocabulary.endOfText) }
        try take([Vocabulary.endOfText])
      }
      try tokenizer.encode(source, threads: threads) { block in
        count += block.ids.count
        if isKept { tokens += block.ids }
        try take(block.ids)
      }
    }
    guard count > 0 else { throw CorpusError.empty(names: sources.map(\.name)) }
    if isKept { kept = tokens }
  }

  /// Whether a text can be read only once: standard input, or a pipe.
  private static func isStream(_ source: TextSource) -> Bool {
    guard case .file(let path) = source else { return true }
    var status = stat()
    return stat(path, &status) != 0 || status.st_mode & S_IFMT != S_IFREG
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
