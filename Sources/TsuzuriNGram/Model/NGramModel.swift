internal import TsuzuriText

/// An n-gram model: the probability of each token behind the N − 1 tokens before it.
///
/// It keeps for each n-gram c w of the text it was estimated from the interpolated probability p(w | c), and for each
/// context c the weight γ(c) of the shorter contexts, so that for any token and context
///
///     p(w | c) = what is kept, where c w was seen
///              = γ(c) p(w | c′) otherwise, c′ being c without its first token; γ(c) = 1 where c was never followed
///
/// The n-grams stand in a trie, level by level: level n has the n-grams of n tokens, those with the same context beside
/// each other in the order of their last tokens, so that what can follow a context is one stretch of memory.
///
/// A model never changes and may be shared among threads. It lies in memory, or in a file that is mapped.
public final class NGramModel: @unchecked Sendable {
  // SAFETY: the levels point into memory that `owner` keeps and that nobody writes.

  /// The model's shape.
  public let configuration: NGramConfiguration
  let levels: [NGramLevel]
  private let owner: any Sendable
  private let isReset: [Bool]

  init(_ configuration: NGramConfiguration, levels: [NGramLevel], memory: any Sendable) {
    self.configuration = configuration
    self.levels = levels
    owner = memory
    var isReset = [Bool](repeating: false, count: configuration.vocabularySize)
    for id in configuration.resets { isReset[Int(id)] = true }
    self.isReset = isReset
  }

  /// N: how many tokens the longest n-gram has.
  public var order: Int { configuration.order }

  /// How many n-grams there are of each order; of order 1 as many as the vocabulary has tokens.
  public var counts: [Int] { levels.map(\.count) }

  /// The context at the beginning of a document: `<eos>` alone.
  public var start: NGramContext {
    var context = NGramContext()
    context.length = min(1, order - 1)
    context.nodes[0] = UInt32(Vocabulary.endOfText)
    return context
  }

  /// Moves a context on by a token, and gives the token's probability behind the context as it was.
  ///
  /// - Returns: ln p(token | context).
  /// - Throws: ``NGramError/tokenOutOfRange(id:vocabularySize:)``; then the context is unchanged.
  /// - Complexity: one binary search for each token of the context.
  @discardableResult
  public func advance(_ context: inout NGramContext, by id: Int32) throws(NGramError) -> Double {
    try check(id)
    let token = UInt32(bitPattern: id)
    var logWeight = 0.0
    var logProbability: Double?
    var next = NGramContext()
    next.nodes[0] = token
    next.length = min(context.length + 1, order - 1)
    for length in stride(from: context.length, through: 1, by: -1) {
      let node = Int(context.nodes[length - 1])
      let child = child(of: node, length: length, token: token)
      if child >= 0 {
        if logProbability == nil { logProbability = logWeight + Double(levels[length].logProbabilities[child]) }
        if length < order - 1 { next.nodes[length] = UInt32(truncatingIfNeeded: child) }
      } else {
        if logProbability == nil { logWeight += Double(levels[length - 1].logWeights[node]) }
        next.length = min(next.length, length)
      }
    }
    context = isReset[Int(id)] ? start : next
    return logProbability ?? logWeight + Double(levels[0].logProbabilities[Int(id)])
  }

  /// ln p(token | context).
  ///
  /// - Throws: ``NGramError/tokenOutOfRange(id:vocabularySize:)``.
  public func logProbability(of id: Int32, after context: NGramContext) throws(NGramError) -> Double {
    var context = context
    return try advance(&context, by: id)
  }

  /// Writes ln p of every token behind a context.
  ///
  /// - Shape: `result` [V].
  /// - Complexity: O(V) and the n-grams that begin with an end of the context.
  public func logProbabilities(after context: NGramContext, into result: UnsafeMutableBufferPointer<Float>) {
    precondition(
      result.count == configuration.vocabularySize,
      "room for \(result.count) logarithms, expected \(configuration.vocabularySize)")
    // What is added at each length: the weights of all longer contexts.
    var logWeights = SIMD8<Float>()
    var sum: Float = 0
    for length in stride(from: context.length, through: 1, by: -1) {
      logWeights[length] = sum
      sum += levels[length - 1].logWeights[Int(context.nodes[length - 1])]
    }
    let single = levels[0].logProbabilities
    for token in result.indices { result[token] = single[token] + sum }
    // Longer contexts know better.
    for length in stride(from: 1, through: context.length, by: 1) {
      let (level, weight) = (levels[length], logWeights[length])
      for child in children(of: Int(context.nodes[length - 1]), length: length) {
        result[Int(level.tokens[child])] = level.logProbabilities[child] + weight
      }
    }
  }

  func check(_ id: Int32) throws(NGramError) {
    guard id >= 0, Int(id) < configuration.vocabularySize else {
      throw .tokenOutOfRange(id: id, vocabularySize: configuration.vocabularySize)
    }
  }

  /// Where on the next level the n-grams stand whose context is the n-gram `node` of `length` tokens.
  @inline(__always)
  private func children(of node: Int, length: Int) -> Range<Int> {
    let begins = levels[length - 1].firstChildren
    return Int(begins[node])..<Int(begins[node + 1])
  }

  /// The n-gram of the next level that has the n-gram `node` of `length` tokens as context and ends with `token`, or −1.
  private func child(of node: Int, length: Int, token: UInt32) -> Int {
    let tokens = levels[length].tokens
    let range = children(of: node, length: length)
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = (low &+ high) &>> 1
      if tokens[middle] < token { low = middle &+ 1 } else { high = middle }
    }
    return low < range.upperBound && tokens[low] == token ? low : -1
  }
}

/// What a model knows of the tokens before the next one: which n-grams of its own end there, one of each length up to
/// the longest.
public struct NGramContext: Sendable, Hashable {
  /// The n-gram of i + 1 tokens, as its number on that level.
  var nodes = SIMD8<UInt32>()
  /// How many tokens of the past count: the longest of these n-grams has so many.
  public internal(set) var length = 0

  /// A context of nothing, in which each token has its probability of order 1.
  public init() {}

  /// Forgets all but the last token.
  public mutating func keepLastToken() {
    length = min(length, 1)
    nodes = SIMD8(nodes[0], 0, 0, 0, 0, 0, 0, 0)
  }
}
