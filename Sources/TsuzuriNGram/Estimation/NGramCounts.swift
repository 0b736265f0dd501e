/// The n-grams of a text, of every order, with their adjusted counts.
///
/// The n-grams stand in a trie: those of one order with the same first tokens, the *context*, follow each other by their
/// last token, and contexts stand in the order of the level above. Level 1 has every token of the vocabulary.
///
/// The adjusted count of an n-gram of the highest order N is how often it occurs; that of a shorter one, how many
/// different tokens stand before it, where the beginning of a document counts as a token of its own each time:
///
///     a(w₁ … w_N) = c(w₁ … w_N)
///     a(w₁ … w_n) = |{v : c(v w₁ … w_n) > 0}| + b(w₁ … w_n)
///
/// Source: Kneser & Ney 1995; Chen & Goodman 1999, section 3; Heafield et al. 2013, section 3, who give n-grams that
/// begin with `<s>` their counts.
struct NGramCounts {
  /// The n-grams of one order.
  struct Level {
    /// The last token of each; empty at level 1, where n-gram i is token i.
    var tokens: [UInt32] = []
    /// Which n-gram of the level before each is without its first token; empty at level 1.
    var suffixes: [UInt32] = []
    /// The adjusted counts; 0 at level 1 for a token that never occurs.
    var counts: [UInt32] = []
    /// Where on the next level the n-grams begin that have this one as context, and behind the last one their number;
    /// empty at the highest level.
    var firstChildren: [UInt32] = []
  }

  /// The levels, that of single tokens first.
  private(set) var levels: [Level]

  /// Counts the n-grams of a stream that was read for this order.
  ///
  /// Nothing is compared: positions are sorted by their last token once, and each level's by their contexts, whose
  /// numbers the level before has given them, with one counting sort that leaves the order of the tokens as it is.
  ///
  /// - Complexity: O(order · (tokens + V)) time, 20 bytes a token beside the n-grams.
  init(_ stream: NGramStream, order: Int, vocabularySize: Int) {
    let byToken = Self.positions(of: stream, vocabularySize: vocabularySize)
    var first = Level()
    first.counts = [UInt32](repeating: 0, count: vocabularySize)
    for position in byToken where stream.reach[Int(position)] == 1 {
      first.counts[Int(stream.tokens[Int(position)])] += 1
    }
    levels = [first]
    /// The n-gram of the last level that ends at each position.
    var nodes = stream.tokens
    for length in stride(from: 2, through: order, by: 1) {
      let level = Self.extend(
        &levels[length - 2], stream, byToken, &nodes, length: length, isHighest: length == order)
      levels.append(level)
    }
  }

  /// The positions where n-grams end, by their tokens.
  private static func positions(of stream: NGramStream, vocabularySize: Int) -> [UInt32] {
    var next = [UInt32](repeating: 0, count: vocabularySize + 1)
    for (token, reach) in zip(stream.tokens, stream.reach) where reach > 0 { next[Int(token) + 1] += 1 }
    for token in 0..<vocabularySize { next[token + 1] += next[token] }
    var positions = [UInt32](repeating: 0, count: Int(next[vocabularySize]))
    for (position, token) in stream.tokens.enumerated() where stream.reach[position] > 0 {
      positions[Int(next[Int(token)])] = UInt32(truncatingIfNeeded: position)
      next[Int(token)] += 1
    }
    return positions
  }

  /// Makes the level of `length` from the one before it, whose counts and children become known by that.
  private static func extend(
    _ lower: inout Level, _ stream: NGramStream, _ byToken: [UInt32], _ nodes: inout [UInt32], length: Int,
    isHighest: Bool
  ) -> Level {
    let contexts = lower.counts.count
    // Where the positions behind each context begin, among those that are sorted by context.
    var begins = [UInt32](repeating: 0, count: contexts + 1)
    for position in byToken where Int(stream.reach[Int(position)]) >= length {
      begins[Int(nodes[Int(position) - 1]) + 1] += 1
    }
    for context in 0..<contexts { begins[context + 1] += begins[context] }
    var next = begins
    var sorted = [UInt32](repeating: 0, count: Int(begins[contexts]))
    for position in byToken where Int(stream.reach[Int(position)]) >= length {
      let context = Int(nodes[Int(position) - 1])
      sorted[Int(next[context])] = position
      next[context] += 1
    }
    next = []
    var level = Level()
    var longer = [UInt32](repeating: .max, count: stream.tokens.count)
    for context in 0..<contexts {
      let positions = Int(begins[context])..<Int(begins[context + 1])
      begins[context] = UInt32(truncatingIfNeeded: level.tokens.count)
      var last: UInt32?
      for position in sorted[positions] {
        let position = Int(position)
        let token = stream.tokens[position]
        if token != last {
          last = token
          level.tokens.append(token)
          level.suffixes.append(nodes[position])
          level.counts.append(0)
          lower.counts[Int(nodes[position])] += 1
        }
        let node = level.tokens.count - 1
        longer[position] = UInt32(truncatingIfNeeded: node)
        // A shorter n-gram that nothing stands before; what stands before the others the next level tells.
        if isHighest || stream.reach[position] == length { level.counts[node] += 1 }
      }
    }
    begins[contexts] = UInt32(truncatingIfNeeded: level.tokens.count)
    lower.firstChildren = begins
    nodes = longer
    return level
  }
}
