import Glibc

extension Sampler {
  /// How far below the maximum, in nats, bins tell logits apart. What lies deeper shares the last bin.
  private static let binnedRange: Float = 32

  /// Leaves those of the first `count` tokens of `kept` that top-k, typical, top-p and min-p leave, in the order of ids;
  /// returns how many. `maximum` becomes the largest logit among them.
  func cut(_ count: Int, _ maximum: inout Float) -> Int {
    var count = count
    if rules.topK > 0 && rules.topK < count {
      count = keepPrefix(of: count, maximum: maximum, reaching: Double(rules.topK)) { _ in 1 }
    }
    if rules.typicalP < 1 {
      count = keepTypical(of: count, maximum: maximum)
      maximum = largestKept(count)
    }
    if rules.topP < 1 {
      // Probabilities are those of temperature 1 among the tokens that are left so far.
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

  /// Keeps the smallest set of tokens nearest to the entropy whose probabilities sum to the rule's share or more.
  ///
  /// ```
  /// H = −Σ_j P(j) ln P(j)        d(i) = |−ln P(i) − H|
  /// ```
  /// Source: Meister et al. 2023, "Locally Typical Sampling".
  private func keepTypical(of count: Int, maximum: Float) -> Int {
    weighKept(count, maximum, by: 1)
    let sum = sumOfWeights(count)
    // −ln P(i) = ln Σ exp(z_j − max) − (zᵢ − max), and the sum's logarithm falls out of the distance from the mean.
    func depth(_ index: Int) -> Double { Double(maximum) - Double(logits[Int(kept[index])]) }
    var mean = 0.0
    for index in 0..<count where weights[index] > 0 { mean += Double(weights[index]) * depth(index) }
    mean /= sum
    func nearness(_ depth: Double) -> Double { -abs(depth - mean) }
    selection.removeAll()
    for index in 0..<count {
      selection.append(Candidate(key: nearness(depth(index)), id: kept[index], weight: Double(weights[index])))
    }
    let last = selection.prefix(reaching: rules.typicalP * sum)
    return filter(count) { logit, id in
      let key = nearness(Double(maximum) - Double(logit))
      return key > last.key || (key == last.key && id <= last.id)
    }
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
      selection.append(Candidate(key: Double(logits[Int(kept[index])]), id: kept[index], weight: weight(index)))
    }
    let last = selection.prefix(reaching: target - before)
    let logit = Float(last.key)
    return filter(count) { $0 > logit || ($0 == logit && $1 <= last.id) }
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
