import Foundation

import TsuzuriGeneration

/// The rules written a second time, plainly: in Double, with a sort, one rule after the other.
func referenceProbabilities(
  _ logits: [Float], _ rules: SamplingRules, after history: [Int32] = [], forbidding: Set<Int> = []
) -> [Double] {
  var scores = logits.map(Double.init)
  for bias in rules.logitBias where bias.value.isFinite {
    scores[Int(bias.token)] = Double(Float(scores[Int(bias.token)] + bias.value))
  }
  let window = history.suffix(rules.repetitionWindow)
  for id in Set(window).map(Int.init) {
    scores[id] = scores[id] > 0 ? scores[id] / rules.repetitionPenalty : scores[id] * rules.repetitionPenalty
    let count = window.filter { Int($0) == id }.count
    scores[id] -= rules.presencePenalty + rules.frequencyPenalty * Double(count)
  }
  // The sampler's penalised logits are Float; what is equal there must be equal here.
  scores = scores.map { Double(Float($0)) }
  let never = forbidding.union(forbiddenByRules(rules, after: history))
  var order = scores.indices.filter { !never.contains($0) }.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
  if order.isEmpty { return scores.map { _ in 0 } }
  let maximum = scores[order[0]]
  func softmax(_ ids: [Int], _ temperature: Double) -> [Double] {
    let weights = ids.map { exp((scores[$0] - maximum) / temperature) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }
  if rules.topK > 0 { order = Array(order.prefix(rules.topK)) }
  func smallest(_ ids: [Int], reaching share: Double) -> [Int] {
    var sum = 0.0
    let count = softmax(ids, 1).prefix { probability in
      defer { sum += probability }
      return sum < share
    }.count
    return Array(ids.prefix(count))
  }
  if rules.typicalP < 1 {
    let probabilities = softmax(order, 1)
    let entropy = -probabilities.reduce(0) { $0 + ($1 > 0 ? $1 * log($1) : 0) }
    let normalizer = log(order.reduce(0) { $0 + exp(scores[$1] - maximum) })
    func distance(_ id: Int) -> Double { abs(normalizer - (scores[id] - maximum) - entropy) }
    let nearest = order.sorted { (distance($0), $0) < (distance($1), $1) }
    let left = Set(smallest(nearest, reaching: rules.typicalP))
    order = order.filter(left.contains)
  }
  if rules.topP < 1 { order = smallest(order, reaching: rules.topP) }
  if rules.minP > 0 {
    let probabilities = softmax(order, 1)
    order = zip(order, probabilities).filter { $0.1 >= rules.minP * probabilities[0] * (1 - 1e-7) }.map(\.0)
  }
  guard rules.temperature > 0 else { return scores.indices.map { $0 == order[0] ? 1 : 0 } }
  var result = [Double](repeating: 0, count: scores.count)
  for (id, probability) in zip(order, softmax(order, rules.temperature)) { result[id] = probability }
  return result
}

/// The tokens that a rule forbids, whatever their logits: every n-gram of the history is looked at.
private func forbiddenByRules(_ rules: SamplingRules, after history: [Int32]) -> Set<Int> {
  var never = Set(rules.logitBias.filter { $0.value == -.infinity }.map { Int($0.token) })
  let n = rules.noRepeatNGram
  guard n > 0, history.count >= n else { return never }
  let seen = Set((0...history.count - n).map { Array(history[$0..<$0 + n]) })
  for gram in seen where gram.dropLast() == history.suffix(n - 1) { never.insert(Int(gram[n - 1])) }
  return never
}

/// Logits that fall off as a language model's do, in a shuffled order.
func languageLikeLogits(_ count: Int, using generator: inout some RandomNumberGenerator) -> [Float] {
  (0..<count).map { rank in Float(3 - 1.2 * log(Double(rank + 1))) + Float.random(in: -0.5...0.5, using: &generator) }
    .shuffled(using: &generator)
}

extension Sampler {
  func probabilities(_ logits: [Float], after history: [Int32] = []) throws -> [Double] {
    try logits.withUnsafeBufferPointer { try probabilities(from: $0, after: history) }
  }

  func sample(
    _ logits: [Float], after history: [Int32] = [], using generator: inout some RandomNumberGenerator
  ) throws -> Int32 {
    try logits.withUnsafeBufferPointer { try sample(from: $0, after: history, using: &generator) }
  }
}
