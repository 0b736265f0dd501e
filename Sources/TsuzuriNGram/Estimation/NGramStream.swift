internal import TsuzuriData
internal import TsuzuriText

/// A training text as n-grams are counted in it: its tokens, and how far each can look back.
///
/// `<eos>` stands before each document. Where documents are the lines of a text whose lines end with a token of their
/// own, it is put there; elsewhere the text has it already. It is not predicted there itself: nothing stands before it.
///
///     a b ⏎ c          documents are lines      <eos> a b ⏎ <eos> c
///                      n-grams of order 3 end …        2 3 3        2  tokens long
struct NGramStream {
  /// The tokens.
  private(set) var tokens: [UInt32] = []
  /// The length of the longest n-gram that ends with each token, at most the model's order; 0 where none ends.
  private(set) var reach: [UInt8] = []

  /// Reads a part of a text.
  ///
  /// - Throws: ``NGramError/tokenOutOfRange(id:vocabularySize:)``, ``NGramError/tooManyTokens(limit:)``, or where the tokens cannot be read.
  init(
    _ source: some TokenSequence, range: Range<Int>, configuration: NGramConfiguration, predictsEndOfText: Bool
  ) throws {
    let (order, size) = (configuration.order, configuration.vocabularySize)
    var isReset = [Bool](repeating: false, count: size)
    for id in configuration.resets { isReset[Int(id)] = true }
    let endOfText = Int(Vocabulary.endOfText)
    tokens.reserveCapacity(range.count)
    reach.reserveCapacity(range.count)
    /// How many tokens of the document stand before the next one; more than the order's make no difference.
    var before = 0
    for start in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 16) {
      for id in try source.tokens(in: start..<min(range.upperBound, start + 1 << 16)) {
        guard id >= 0, Int(id) < size else { throw NGramError.tokenOutOfRange(id: id, vocabularySize: size) }
        let token = Int(id)
        if before == 0 {
          append(endOfText, reach: 0)
          before = 1
          if token == endOfText { continue }
        }
        let isPredicted = token != endOfText || predictsEndOfText
        append(token, reach: isPredicted ? min(order, before + 1) : 0)
        if token == endOfText, isReset[token] || !isPredicted {
          before = 1
        } else {
          before = isReset[token] ? 0 : min(order, before + 1)
        }
      }
      guard tokens.count < Self.limit else { throw NGramError.tooManyTokens(limit: Self.limit) }
    }
  }

  /// Positions and nodes are numbered with 32 bits.
  private static let limit = Int(UInt32.max) - 1 << 20

  private mutating func append(_ token: Int, reach length: Int) {
    tokens.append(UInt32(truncatingIfNeeded: token))
    reach.append(UInt8(truncatingIfNeeded: length))
  }
}
