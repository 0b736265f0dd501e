/// Token ids that stand in a row: a token file, or an array in tests.
public protocol TokenSequence: Sendable {
  /// The number of tokens.
  var count: Int { get }

  /// Reads the tokens of `range` into `destination`, widened to 32 bits.
  ///
  /// - Throws: where they are not what was written. Tokens in memory never do.
  /// - Precondition: `range` lies within `0 ..< count`, and `destination` has room.
  func read(_ range: Range<Int>, into destination: UnsafeMutablePointer<Int32>) throws
}

extension TokenSequence {
  /// The tokens of `range`.
  ///
  /// - Throws: what ``read(_:into:)`` throws.
  public func tokens(in range: Range<Int>) throws -> [Int32] {
    try [Int32](unsafeUninitializedCapacity: range.count) { buffer, count in
      if let base = buffer.baseAddress { try read(range, into: base) }
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

  /// The lowest and the highest id; nil where there is none.
  package var range: ClosedRange<Int32>? {
    guard let lowest = ids.min(), let highest = ids.max() else { return nil }
    return lowest...highest
  }

  /// Copies the tokens of `range` to `destination`.
  public func read(_ range: Range<Int>, into destination: UnsafeMutablePointer<Int32>) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count, "tokens \(range) are asked for, there are \(count)")
    ids.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      destination.update(from: base + range.lowerBound, count: range.count)
    }
  }
}
