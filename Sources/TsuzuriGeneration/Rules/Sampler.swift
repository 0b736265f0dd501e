internal import CKernels
internal import TsuzuriKernels

/// Draws tokens from logits by ``SamplingRules``.
///
/// `P(i) ∝ exp(zᵢ / T)` for the tokens that the rules leave, 0 for the others, with z the biased and penalised logits.
/// Top-k, top-p and min-p all keep a prefix of the tokens in the order *likeliest first, of equals the lowest id first*,
/// typical one in the order *nearest to the entropy first*: its end is found by selection, without sorting.
///
/// One number is taken from the generator for each token, none at temperature 0.
///
/// One sampler serves one caller at a time; its buffers are made once.
///
/// Weights are summed in blocks while they are made, and a draw looks for the block before it looks for the token.
///
/// - Complexity: O(V) a token on average, at most one exponential a token over V for each of typical, top-p and the draw;
///   nothing is allocated.
public final class Sampler {
  /// The rules.
  public let rules: SamplingRules
  /// The number of logits, V.
  public let vocabularySize: Int

  /// The logits [V]: the model's own, or those that bias and penalties have made of them.
  var logits: UnsafeBufferPointer<Float>
  /// Room for changed logits, or for those of the tokens that are left [V].
  let changed: UnsafeMutableBufferPointer<Float>
  private let gathered: UnsafeMutableBufferPointer<Float>
  /// Weights, of all tokens or of those that are left [V].
  let weights: UnsafeMutableBufferPointer<Float>
  /// The sums of blocks of weights [⌈V / 256⌉].
  private let sums: UnsafeMutableBufferPointer<Double>
  /// The ids of the tokens that are left, room for V.
  let kept: UnsafeMutableBufferPointer<Int32>
  /// The tokens that have their penalty already.
  var penalized: TokenSet
  /// How often each of them was seen [V]; what it says of others means nothing.
  let occurrences: UnsafeMutableBufferPointer<Int32>
  /// The tokens that must not come next.
  var forbidden: TokenSet
  /// Where cuts are looked for.
  let bins: UnsafeMutableBufferPointer<Double>
  var selection: CandidateSelection
  private let kernels = KernelSet.best
  private static let block = Int(TZ_WEIGHT_BLOCK)

  /// A sampler for `vocabularySize` tokens.
  ///
  /// - Precondition: the rules' logit bias speaks of tokens below `vocabularySize`.
  public init(rules: SamplingRules, vocabularySize: Int) {
    precondition(vocabularySize > 0, "a vocabulary of \(vocabularySize) tokens has nothing to draw")
    self.rules = rules
    self.vocabularySize = vocabularySize
    changed = .allocate(capacity: vocabularySize)
    gathered = .allocate(capacity: vocabularySize)
    sums = .allocate(capacity: (vocabularySize + Self.block - 1) / Self.block)
    weights = .allocate(capacity: vocabularySize)
    kept = .allocate(capacity: vocabularySize)
    occurrences = .allocate(capacity: vocabularySize)
    changed.initialize(repeating: 0)
    gathered.initialize(repeating: 0)
    sums.initialize(repeating: 0)
    logits = UnsafeBufferPointer(changed)
    weights.initialize(repeating: 0)
    kept.initialize(repeating: 0)
    occurrences.initialize(repeating: 0)
    penalized = TokenSet(vocabularySize: vocabularySize)
    forbidden = TokenSet(vocabularySize: vocabularySize)
    bins = .allocate(capacity: min(max(vocabularySize / 16, 1), 4096))
    bins.initialize(repeating: 0)
    selection = CandidateSelection(capacity: vocabularySize)
  }

  deinit {
    changed.deallocate()
    gathered.deallocate()
    sums.deallocate()
    weights.deallocate()
    kept.deallocate()
    occurrences.deallocate()
    bins.deallocate()
  }

  /// Draws the next token.
  ///
  /// - Parameters:
  ///   - source: the model's logits [V].
  ///   - history: the tokens so far, the latest last.
  ///   - generator: where the randomness comes from.
  /// - Throws: `GenerationError.invalidLogit` where a logit is infinite or no number, and
  ///   `GenerationError.everythingForbidden`.
  public func sample(
    from source: UnsafeBufferPointer<Float>, after history: [Int32] = [],
    using generator: inout some RandomNumberGenerator
  ) throws -> Int32 {
    guard let id = try draw(from: source, after: history, forbidding: { _ in }, using: &generator) else {
      throw GenerationError.everythingForbidden
    }
    return id
  }

  /// Draws the next token, or gives nil where none may come.
  ///
  /// - Parameter forbid: puts the tokens into the set that must not come for other reasons than the rules.
  func draw(
    from source: UnsafeBufferPointer<Float>, after history: [Int32], forbidding forbid: (inout TokenSet) -> Void,
    using generator: inout some RandomNumberGenerator
  ) throws -> Int32? {
    let choice = try weigh(source, after: history, forbid)
    if choice.count == 0 { return nil }
    // At temperature 0 there is nothing left to chance.
    guard rules.temperature > 0 else { return kept[0] }
    let index = draw(among: choice.count, Double(generator.next() >> 11) * 0x1p-53)
    return choice.isCut ? kept[index] : Int32(truncatingIfNeeded: index)
  }

  /// The probability of each token to be drawn, by the rules.
  ///
  /// - Shape: logits [V] → [V].
  /// - Throws: `GenerationError.invalidLogit` where a logit is infinite or no number, and
  ///   `GenerationError.everythingForbidden`.
  public func probabilities(
    from source: UnsafeBufferPointer<Float>, after history: [Int32] = []
  ) throws -> [Double] {
    let choice = try weigh(source, after: history) { _ in }
    if choice.count == 0 { throw GenerationError.everythingForbidden }
    let sum = sumOfWeights(choice.count)
    var probabilities = [Double](repeating: 0, count: vocabularySize)
    for index in 0..<choice.count {
      probabilities[choice.isCut ? Int(kept[index]) : index] = Double(weights[index]) / sum
    }
    return probabilities
  }

  // MARK: - Steps

  /// Applies the rules: `count` weights stand for the tokens in `kept` where the rules cut, else for all tokens.
  private func weigh(
    _ source: UnsafeBufferPointer<Float>, after history: [Int32], _ forbid: (inout TokenSet) -> Void
  ) throws -> (count: Int, isCut: Bool) {
    precondition(source.count == vocabularySize, "\(source.count) logits, expected \(vocabularySize)")
    // The caller's logits stay where they are, and are not looked at after this call.
    logits = source
    defer { logits = UnsafeBufferPointer(changed) }
    bias()
    penalize(history)
    var maximum: Float = 0
    guard kernels.table.pointee.largest(vocabularySize, logits.baseAddress!, &maximum) != 0 else {
      let id = source.firstIndex { !$0.isFinite } ?? 0
      throw GenerationError.invalidLogit(token: id, value: "\(source[id])")
    }
    forbidNext(after: history, forbid)
    let cuts = rules.topK > 0 && rules.topK < vocabularySize || rules.topP < 1 || rules.minP > 0
    let needsCut = forbidden.count > 0 || rules.typicalP < 1 || cuts && rules.temperature > 0
    guard needsCut else {
      if rules.temperature > 0 {
        weigh(logits, vocabularySize, maximum, by: rules.temperature)
        return (vocabularySize, false)
      }
      kept[0] = Int32(logits.firstIndex(of: maximum) ?? 0)
      weights[0] = 1
      sums[0] = 1
      return (1, true)
    }
    var count = keepAllowed()
    if count == 0 { return (0, true) }
    if forbidden.count > 0 { maximum = largestKept(count) }
    count = cut(count, &maximum)
    guard rules.temperature > 0 else {
      kept[0] = kept[..<count].first { logits[Int($0)] == maximum } ?? kept[0]
      weights[0] = 1
      sums[0] = 1
      return (1, true)
    }
    weighKept(count, maximum, by: rules.temperature)
    return (count, true)
  }

  /// Puts the tokens that may come into `kept`, in the order of ids; returns how many.
  private func keepAllowed() -> Int {
    if forbidden.count == 0 {
      for id in 0..<vocabularySize { kept[id] = Int32(truncatingIfNeeded: id) }
      return vocabularySize
    }
    var count = 0
    for id in 0..<Int32(truncatingIfNeeded: vocabularySize) {
      kept[count] = id
      count += forbidden.contains(id) ? 0 : 1
    }
    return count
  }

  /// The largest logit of the first `count` tokens that are kept.
  func largestKept(_ count: Int) -> Float {
    kept[..<count].reduce(-Float.infinity) { max($0, logits[Int($1)]) }
  }

  /// Weighs the first `count` tokens that are kept.
  func weighKept(_ count: Int, _ maximum: Float, by temperature: Double) {
    for index in 0..<count { gathered[index] = logits[Int(kept[index])] }
    weigh(UnsafeBufferPointer(gathered), count, maximum, by: temperature)
  }

  /// Sets the first `count` weights to `exp((z − maximum) / T)`, and sums them in blocks.
  private func weigh(
    _ logits: UnsafeBufferPointer<Float>, _ count: Int, _ maximum: Float, by temperature: Double
  ) {
    // T within Float's normal numbers: then 1/T is a number above zero, too, and 0/T stays 0.
    let divisor = min(max(Float(temperature), Float.leastNormalMagnitude), Float.greatestFiniteMagnitude)
    kernels.table.pointee.weigh(
      count, logits.baseAddress!, maximum, 1 / divisor, weights.baseAddress!, sums.baseAddress!)
  }

  /// The index whose share of the sum of the first `count` weights covers `uniform`.
  private func draw(among count: Int, _ uniform: Double) -> Int {
    let target = uniform * sumOfWeights(count)
    // The block first: the last one that can be drawn from where rounding leaves none.
    var (block, before, sum) = (0, 0.0, 0.0)
    for index in 0..<blocks(count) where sums[index] > 0 {
      (block, before) = (index, sum)
      sum += sums[index]
      if sum > target { break }
    }
    sum = before
    var last = block * Self.block
    for index in last..<min(last + Self.block, count) where weights[index] > 0 {
      sum += Double(weights[index])
      if sum > target { return index }
      last = index
    }
    // A block's sum rounds differently from the sum of its weights: its end belongs to the last token that can be drawn.
    return last
  }

  /// The sum of the first `count` weights, which were weighed last.
  func sumOfWeights(_ count: Int) -> Double { sums[..<blocks(count)].reduce(0, +) }

  private func blocks(_ count: Int) -> Int { (count + Self.block - 1) / Self.block }
}
