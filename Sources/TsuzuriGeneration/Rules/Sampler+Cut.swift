import Glibc

extension Sampler {
  /// How far below the maximum, in nats, bins tell logits apart. What lies deeper shares the last bin.
  private static let binnedRange: Float = 32

  /// Puts the ids of the tokens that top-k, top-p and min-p leave into `kept`, in the order of ids; returns how many.
  func cut(maximum: Float) -> Int {
    var count = vocabularySize
    for id in 0..<count { kept[id] = Int32(truncatingIfNeeded: id) }
    if rules.topK > 0 && rules.topK < count {
      count = keepPrefix(of: count, maximum: maximum, reaching: Double(rules.topK)) { _ in 1 }
    }
    if rules.topP < 1 {
      // Probabilities are those of temperature 1 among the tokens that top-k has left.
      weighKept(count, maximum, by: 1)
      let target = rules.topP * sumOfWeights(count)
      count = keepPrefix(of: count, maximum: maximum, reaching: target) { Double(weights[$0]) }
    }
    if rules.minP > 0 {
      // P(i) ≥ minP · P(max) ⇔ zᵢ ≥ z_max + ln minP: no exponential is needed.
      let threshold = maximum + Float(log(rules.minP))
      count = filter(count) { logit, _ in logit >= threshold }
    }
    return count
  }

  /// Keeps the smallest prefix of `kept` whose weights sum to `target` or more.
  ///
  /// Weights are summed in bins of equal logits, roughly. The bin in which the sum reaches the target is the only one
  /// in which the order matters, and it holds few tokens.
  @inline(__always)
  private func keepPrefix(
    of count: Int, maximum: Float, reaching target: Double, _ weight: (Int) -> Double
  ) -> Int {
    let scale = Float(bins.count) / Self.binnedRange
    let lastBin = Float(bins.count - 1)
    // A smaller logit never has a lower bin: rounding keeps the order.
    func bin(_ index: Int) -> Int { Int(min((maximum - logits[Int(kept[index])]) * scale, lastBin)) }
    bins.update(repeating: 0)
    for index in 0..<count { bins[bin(index)] += weight(index) }
    var before = 0.0
    var place = 0
    while place < bins.count && before + bins[place] < target {
      before += bins[place]
      place += 1
    }
    // The sums of the bins round differently from the sum of all: then everything is needed.
    guard place < bins.count else { return count }
    selection.removeAll()
    for index in 0..<count where bin(index) == place {
      selection.append(Candidate(logit: logits[Int(kept[index])], id: kept[index], weight: weight(index)))
    }
    let last = selection.prefix(reaching: target - before)
    return filter(count) { logit, id in logit > last.logit || (logit == last.logit && id <= last.id) }
  }

  /// Keeps those of the first `count` tokens of `kept` that pass, in their order; returns how many.
  @inline(__always)
  private func filter(_ count: Int, _ passes: (Float, Int32) -> Bool) -> Int {
    var passed = 0
    for index in 0..<count {
      let id = kept[index]
      // Written in any case and kept by the count: a branch would be guessed wrong too often.
      kept[passed] = id
      passed += passes(logits[Int(id)], id) ? 1 : 0
    }
    return passed
  }
}
