/// Some tokens of a vocabulary, which is emptied at no cost: those that must not come next.
struct TokenSet {
  /// `stamps[id] == stamp` where the token is in the set.
  private var stamps: [UInt32]
  private var stamp: UInt32 = 1
  /// How many tokens it has.
  private(set) var count = 0

  /// The empty set among `vocabularySize` tokens.
  init(vocabularySize: Int) { stamps = [UInt32](repeating: 0, count: vocabularySize) }

  func contains(_ id: Int32) -> Bool { stamps[Int(id)] == stamp }

  /// Puts a token in; whether it was not there yet.
  @discardableResult
  mutating func insert(_ id: Int32) -> Bool {
    if stamps[Int(id)] == stamp { return false }
    stamps[Int(id)] = stamp
    count += 1
    return true
  }

  mutating func removeAll() {
    count = 0
    if stamp == .max {
      for index in stamps.indices { stamps[index] = 0 }
      stamp = 0
    }
    stamp += 1
  }
}
