internal import Foundation
internal import TsuzuriKernels

/// Draws the tokens that stand for the whole vocabulary in a step of sampled softmax.
///
///     q(v) = (count(v) + 1) / (Σ counts + V)
///
/// Tokens are drawn by q until `count` different ones are there, or 64 · `count` draws were made, where so many tokens are
/// too rare to be met; each then was among them with the probability 1 − (1 − q)ⁿ after n draws, which is what its logit is
/// corrected by.
///
/// Source: Bengio & Senécal 2003, "Quick training of probabilistic neural nets by importance sampling"; the correction for
/// different tokens is TensorFlow's (`sampled_softmax_loss`).
package struct CandidateSampler: Sendable {
  /// The tokens of the last draw, in ascending order.
  package private(set) var candidates: [Int32] = []
  /// How many different tokens are drawn at most.
  package let count: Int
  private let probabilities: [Double]
  private let cumulated: [Double]
  private let seed: UInt64
  /// Whether a token is among ``candidates``.
  private var isDrawn: [Bool]
  private var draws = 0

  /// - Parameters:
  ///   - count: how many tokens are drawn, fewer than there are.
  ///   - tokenCounts: how often each token occurs.
  package init(count: Int, tokenCounts: [Int], seed: UInt64) {
    precondition(count > 0 && count < tokenCounts.count, "\(count) of \(tokenCounts.count) tokens were to be drawn")
    self.count = count
    self.seed = seed
    let total = Double(tokenCounts.reduce(0, +) + tokenCounts.count)
    probabilities = tokenCounts.map { Double($0 + 1) / total }
    var sum = 0.0
    cumulated = probabilities.map { probability in
      sum += probability
      return sum
    }
    isDrawn = Array(repeating: false, count: tokenCounts.count)
    candidates.reserveCapacity(count)
  }

  /// The streams of random numbers, apart from those of initial weights and dropout.
  private static let streams: UInt64 = 0x5341_4D50 << 32

  /// Draws the tokens of a step, whatever was drawn before.
  package mutating func draw(step: Int) {
    var generator = CounterBasedGenerator(seed: seed, stream: Self.streams + UInt64(step))
    for id in candidates { isDrawn[Int(id)] = false }
    candidates.removeAll(keepingCapacity: true)
    draws = 0
    while candidates.count < count, draws < 64 * count {
      draws += 1
      let id = token(at: generator.nextUniform() * (cumulated.last ?? 1))
      guard !isDrawn[id] else { continue }
      isDrawn[id] = true
      candidates.append(Int32(id))
    }
    candidates.sort()
  }

  /// The first token whose cumulated probability lies above `value`.
  private func token(at value: Double) -> Int {
    var (low, high) = (0, cumulated.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if cumulated[middle] > value { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// The logarithm of the probability that a token is among the last draw's.
  package func logExpectation(of id: Int32) -> Float {
    Float(log(-expm1(Double(draws) * log1p(-probabilities[Int(id)]))))
  }
}
