internal import TsuzuriText

/// The bytes that each token adds to a text, in order, so that those that begin with some bytes stand side by side.
struct TokenSpellings: Sendable {
  /// The ids, by the bytes that they add.
  private let order: [Int32]
  private let spellings: [[UInt8]]

  /// - Parameter previous: a token that stands before, where a blank comes between (whitespace level); else nil.
  init(_ vocabulary: Vocabulary, after previous: Int32?) {
    let spellings = (0..<Int32(vocabulary.count)).map { id in
      var joiner = TokenJoiner(vocabulary: vocabulary, after: previous)
      var bytes: [UInt8] = []
      joiner.append(id, to: &bytes)
      return bytes
    }
    self.spellings = spellings
    order = (0..<Int32(vocabulary.count)).sorted {
      spellings[Int($0)].lexicographicallyPrecedes(spellings[Int($1)])
    }
  }

  /// The bytes that a token adds.
  func bytes(of id: Int32) -> [UInt8] { spellings[Int(id)] }

  /// The tokens that begin with `bytes`, of which there must be one.
  ///
  /// - Complexity: O(log V) comparisons.
  func tokens(beginningWith bytes: ArraySlice<UInt8>) -> ArraySlice<Int32> {
    let first = partition { $0.lexicographicallyPrecedes(bytes) }
    let end = partition { $0.prefix(bytes.count).lexicographicallyPrecedes(bytes) || $0.starts(with: bytes) }
    return order[first..<max(first, end)]
  }

  /// The tokens with some text in them.
  func tokens(containing pattern: TextPattern) -> [Int32] {
    spellings.indices.lazy.filter { id in
      var matched = 0
      for byte in spellings[id] {
        let isComplete: Bool
        (matched, isComplete) = pattern.step(from: matched, byte)
        if isComplete { return true }
      }
      return false
    }.map { Int32(truncatingIfNeeded: $0) }
  }

  /// Where in the order the tokens end for which `isBefore` holds.
  private func partition(_ isBefore: ([UInt8]) -> Bool) -> Int {
    var (low, high) = (0, order.count)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(spellings[Int(order[middle])]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
