import Foundation

import TsuzuriGeneration

/// The rules written a second time, plainly: in Double, with a sort, one rule after the other.
func referenceProbabilities(_ logits: [Float], _ rules: SamplingRules, after history: [Int32] = []) -> [Double] {
  var scores = logits.map(Double.init)
  for id in Set(history.suffix(rules.repetitionWindow)).map(Int.init) {
    scores[id] = scores[id] > 0 ? scores[id] / rules.repetitionPenalty : scores[id] * rules.repetitionPenalty
  }
  // The sampler's penalised logits are Float; what is equal there must be equal here.
  scores = scores.map { Double(Float($0)) }
  var order = scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
  guard rules.temperature > 0 else { return scores.indices.map { $0 == order[0] ? 1 : 0 } }
  let maximum = scores[order[0]]
  func softmax(_ ids: [Int], _ temperature: Double) -> [Double] {
    let weights = ids.map { exp((scores[$0] - maximum) / temperature) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }
  if rules.topK > 0 { order = Array(order.prefix(rules.topK)) }
  if rules.topP < 1 {
    var sum = 0.0
    let count = softmax(order, 1).prefix { probability in
      defer { sum += probability }
      return sum < rules.topP
    }.count
    order = Array(order.prefix(count))
  }
  if rules.minP > 0 {
    let probabilities = softmax(order, 1)
    order = zip(order, probabilities).filter { $0.1 >= rules.minP * probabilities[0] * (1 - 1e-7) }.map(\.0)
  }
  var result = [Double](repeating: 0, count: scores.count)
  for (id, probability) in zip(order, softmax(order, rules.temperature)) { result[id] = probability }
  return result
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
