/// Token ids that stand in a row: a token file, or an array in tests.
public protocol TokenSequence: Sendable {
  /// The number of tokens.
  var count: Int { get }

  /// Makes sure that the tokens of `range` are what was written; to be called before they are copied.
  ///
  /// - Throws: where they are not. Tokens in memory never do.
  func check(_ range: Range<Int>) throws

  /// Copies the tokens of `range` to `destination`, widened to 32 bits.
  ///
  /// - Precondition: `range` lies within `0 ..< count`, was checked, and `destination` has room.
  func copyTokens(_ range: Range<Int>, into destination: UnsafeMutablePointer<Int32>)
}

extension TokenSequence {
  /// Nothing can be wrong with tokens in memory.
  public func check(_ range: Range<Int>) throws {}

  /// The tokens of `range`.
  ///
  /// - Throws: what ``check(_:)`` throws.
  public func tokens(in range: Range<Int>) throws -> [Int32] {
    try check(range)
    return [Int32](unsafeUninitializedCapacity: range.count) { buffer, count in
      if let base = buffer.baseAddress { copyTokens(range, into: base) }
      count = range.count
    }
  }
}

/// Tokens in memory, such as a text of a few lines or made-up ids.
public struct TokenArray: TokenSequence {
  private let ids: [Int32]

  /// The tokens `ids`.
  public init(_ ids: [Int32]) { self.ids = ids }

  /// The number of tokens.
  public var count: Int { ids.count }

  /// Copies the tokens of `range` to `destination`.
  public func copyTokens(_ range: Range<Int>, into destination: UnsafeMutablePointer<Int32>) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count, "tokens \(range) are asked for, there are \(count)")
    ids.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      destination.update(from: base + range.lowerBound, count: range.count)
    }
  }
}
