internal import CKernels
internal import TsuzuriKernels

/// Draws tokens from logits by ``SamplingRules``.
///
/// `P(i) ∝ exp(zᵢ / T)` for the tokens that the rules leave, 0 for the others, with z the penalised logits. Top-k, top-p
/// and min-p all keep a prefix of the tokens in the order *likeliest first, of equals the lowest id first*: its end is
/// found by selection, without sorting.
///
/// One number is taken from the generator for each token, none at temperature 0.
///
/// One sampler serves one caller at a time; its buffers are made once.
///
/// - Complexity: O(V) a token on average, at most one exponential a token over V and one over the tokens that are
///   left; nothing is allocated.
public final class Sampler {
  /// The rules.
  public let rules: SamplingRules
  /// The number of logits, V.
  public let vocabularySize: Int

  /// The penalised logits [V].
  let logits: UnsafeMutableBufferPointer<Float>
  /// Weights, of all tokens or of those that are left [V].
  let weights: UnsafeMutableBufferPointer<Float>
  /// The ids of the tokens that are left, room for V.
  let kept: UnsafeMutableBufferPointer<Int32>
  /// `stamps[id] == stamp` where the token has its penalty already: once for each token, however often it occurs.
  private let stamps: UnsafeMutableBufferPointer<UInt32>
  private var stamp: UInt32 = 0
  /// Where cuts are looked for.
  let bins: UnsafeMutableBufferPointer<Double>
  var selection: CandidateSelection
  private let kernels = KernelSet.best

  /// A sampler for `vocabularySize` tokens.
  public init(rules: SamplingRules, vocabularySize: Int) {
    precondition(vocabularySize > 0, "a vocabulary of \(vocabularySize) tokens has nothing to draw")
    self.rules = rules
    self.vocabularySize = vocabularySize
    logits = .allocate(capacity: vocabularySize)
    weights = .allocate(capacity: vocabularySize)
    kept = .allocate(capacity: vocabularySize)
    stamps = .allocate(capacity: vocabularySize)
    logits.initialize(repeating: 0)
    weights.initialize(repeating: 0)
    kept.initialize(repeating: 0)
    stamps.initialize(repeating: 0)
    bins = .allocate(capacity: min(max(vocabularySize / 16, 1), 4096))
    bins.initialize(repeating: 0)
    selection = CandidateSelection(capacity: vocabularySize)
  }

  deinit {
    logits.deallocate()
    weights.deallocate()
    kept.deallocate()
    stamps.deallocate()
    bins.deallocate()
  }

  /// Draws the next token.
  ///
  /// - Parameters:
  ///   - source: the model's logits [V].
  ///   - history: the tokens so far, the latest last.
  ///   - generator: where the randomness comes from.
  /// - Throws: `GenerationError.invalidLogit` where a logit is infinite or no number.
  public func sample(
    from source: UnsafeBufferPointer<Float>, after history: [Int32] = [],
    using generator: inout some RandomNumberGenerator
  ) throws -> Int32 {
    let choice = try weigh(source, after: history)
    // At temperature 0 there is nothing left to chance.
    guard rules.temperature > 0 else { return kept[0] }
    let index = draw(among: choice.count, Double(generator.next() >> 11) * 0x1p-53)
    return choice.isCut ? kept[index] : Int32(truncatingIfNeeded: index)
  }

  /// The probability of each token to be drawn, by the rules.
  ///
  /// - Shape: logits [V] → [V].
  /// - Throws: `GenerationError.invalidLogit` where a logit is infinite or no number.
  public func probabilities(
    from source: UnsafeBufferPointer<Float>, after history: [Int32] = []
  ) throws -> [Double] {
    let choice = try weigh(source, after: history)
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
    _ source: UnsafeBufferPointer<Float>, after history: [Int32]
  ) throws -> (count: Int, isCut: Bool) {
    precondition(source.count == vocabularySize, "\(source.count) logits, expected \(vocabularySize)")
    try load(source)
    penalize(history)
    let maximum = maximumLogit()
    guard rules.temperature > 0 else {
      kept[0] = Int32(logits.firstIndex(of: maximum) ?? 0)
      weights[0] = 1
      return (1, true)
    }
    let cuts = rules.topK > 0 && rules.topK < vocabularySize || rules.topP < 1 || rules.minP > 0
    guard cuts else {
      weigh(vocabularySize, by: rules.temperature) { logits[$0] - maximum }
      return (vocabularySize, false)
    }
    let count = cut(maximum: maximum)
    weigh(count, by: rules.temperature) { logits[Int(kept[$0])] - maximum }
    return (count, true)
  }

  private func load(_ source: UnsafeBufferPointer<Float>) throws {
    // All exponent bits set is infinity or NaN; as integers, magnitudes sort like floats. Unlike a comparison of
    // floats this becomes vector code.
    var largest: UInt32 = 0
    for id in 0..<source.count {
      let value = source[id]
      logits[id] = value
      largest = max(largest, value.bitPattern & 0x7FFF_FFFF)
    }
    guard largest < Float.infinity.bitPattern else {
      let id = source.firstIndex { !$0.isFinite } ?? 0
      throw GenerationError.invalidLogit(token: id, value: "\(source[id])")
    }
  }

  private func penalize(_ history: [Int32]) {
    guard rules.repetitionPenalty != 1, rules.repetitionWindow > 0 else { return }
    let penalty = rules.repetitionPenalty
    let limit = Double(Float.greatestFiniteMagnitude)
    if stamp == .max {
      stamps.update(repeating: 0)
      stamp = 0
    }
    stamp += 1
    for id in history.suffix(rules.repetitionWindow).lazy.map(Int.init) {
      precondition(id >= 0 && id < vocabularySize, "token \(id) in the history, but \(vocabularySize) tokens in all")
      guard stamps[id] != stamp else { continue }
      stamps[id] = stamp
      let logit = Double(logits[id])
      // An extreme penalty must not make an infinity, which would turn into NaN further on.
      logits[id] = Float(min(max(logit > 0 ? logit / penalty : logit * penalty, -limit), limit))
    }
  }

  private func maximumLogit() -> Float {
    // Float → Int32 in the same order: integer maxima become vector code, those of floats do not.
    var largest = Int32.min
    for logit in logits {
      let bits = Int32(bitPattern: logit.bitPattern)
      largest = max(largest, bits ^ ((bits >> 31) & 0x7FFF_FFFF))
    }
    return Float(bitPattern: UInt32(bitPattern: largest ^ ((largest >> 31) & 0x7FFF_FFFF)))
  }

  /// Sets the first `count` weights to `exp(z / T)`, with z the `logit` of an index less the largest one.
  func weigh(_ count: Int, by temperature: Double, _ logit: (Int) -> Float) {
    // A division, not a product with 1/T, which overflows for the smallest T; and T within Float's normal numbers,
    // so that 0/T stays 0.
    let divisor = min(max(Float(temperature), Float.leastNormalMagnitude), Float.greatestFiniteMagnitude)
    for index in 0..<count { weights[index] = logit(index) / divisor }
    kernels.table.pointee.exponential(count, weights.baseAddress!)
  }

  /// The index whose share of the sum of the first `count` weights covers `uniform`.
  private func draw(among count: Int, _ uniform: Double) -> Int {
    let target = uniform * sumOfWeights(count)
    var sum = 0.0
    var last = 0
    for index in 0..<count where weights[index] > 0 {
      sum += Double(weights[index])
      if sum > target { return index }
      last = index
    }
    // The two sums round differently: the very end belongs to the last token that can be drawn at all.
    return last
  }

  /// The sum of the first `count` weights.
  func sumOfWeights(_ count: Int) -> Double {
    // Four sums side by side: one alone waits for each addition.
    var sums = SIMD4<Double>.zero
    let whole = count / 4 * 4
    for index in stride(from: 0, to: whole, by: 4) {
      sums += SIMD4(
        Double(weights[index]), Double(weights[index + 1]), Double(weights[index + 2]), Double(weights[index + 3]))
    }
    return (whole..<count).reduce(sums.sum()) { $0 + Double(weights[$1]) }
  }
}
