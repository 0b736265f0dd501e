import Foundation
import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// The sampled softmax against a plain one in Float64 that is given the same tokens.
struct SampledOutputTests {
  private static let time = 9
  private static let scale: Float = 0.017

  /// The shares of a step after their forward passes.
  private struct Step {
    let configuration: ModelConfiguration
    let weights: PreparedWeights
    let parameters: FloatBuffer
    let gradient: FloatBuffer
    var shares: [(pass: any TrainingPass, targets: IndexBuffer, losses: FloatBuffer)] = []

    init(_ configuration: ModelConfiguration, lanes: [Int]) {
      self.configuration = configuration
      let V = configuration.vocabularySize
      weights = PreparedWeights(configuration, layout: ParameterLayout(configuration), for: .training)
      parameters = FloatBuffer(count: weights.layout.bufferCount)
      for i in 0..<parameters.count { parameters.pointer[i] = Float(i * 7919 % 1013) / 700 - 0.7 }
      weights.prepareAll(from: parameters.pointer, using: .best)
      gradient = FloatBuffer(count: weights.layout.bufferCount)
      gradient.all.update(repeating: 1000)
      for (share, lanes) in lanes.enumerated() {
        let pass = WindowPass(weights, maximumTime: time + 2, lanes: lanes)
        let count = (time + 2) * lanes
        let (ids, targets) = (IndexBuffer(count: count), IndexBuffer(count: count))
        for i in 0..<count {
          ids.pointer[i] = Int32((i * 31 + share) % V)
          targets.pointer[i] = i % 11 == 5 ? -1 : Int32((i * i * 101 + share) % V)
        }
        pass.forward(ids: ids.pointer, time: time, parameters: parameters.pointer)
        shares.append((pass, targets, FloatBuffer(count: count)))
      }
    }

    /// The loss, and the gradients of features, weights and biases, by loops.
    func reference(_ sampler: CandidateSampler) throws -> (
      losses: [[Double]], features: [[Double]], weight: [Double], bias: [Double]
    ) {
      let (V, H) = (configuration.vocabularySize, configuration.featureSize)
      let weight = weights.layout[ParameterName.outputs(configuration)[0]]
      let bias = weights.layout[ParameterName.outputBias]
      var (losses, features): ([[Double]], [[Double]]) = ([], [])
      var (weightGradient, biasGradient) = ([Double](repeating: 0, count: V * H), [Double](repeating: 0, count: V))
      for share in shares {
        let pass = try #require(share.pass as? WindowPass)
        var (own, above) = ([Double](), [Double]())
        for row in 0..<time * pass.lanes {
          let h = (0..<H).map { Double(pass.features[row * H + $0]) }
          var delta = [Double](repeating: 0, count: H)
          let target = share.targets.pointer[row]
          if target >= 0 {
            let tokens = [target] + sampler.candidates.filter { $0 != target }
            let logits = tokens.map { id in
              h.enumerated().reduce(Double(parameters.pointer[bias.offset + Int(id)])) {
                $0 + $1.element * Double(parameters.pointer[weight.offset + Int(id) * H + $1.offset])
              } - Double(sampler.logExpectation(of: id))
            }
            let sum = logits.reduce(0) { $0 + exp($1) }
            own.append(log(sum) - logits[0])
            for (n, id) in tokens.enumerated() {
              let d = Double(scale) * (exp(logits[n]) / sum - (n == 0 ? 1 : 0))
              biasGradient[Int(id)] += d
              for i in 0..<H {
                weightGradient[Int(id) * H + i] += d * h[i]
                delta[i] += d * Double(parameters.pointer[weight.offset + Int(id) * H + i])
              }
            }
          } else {
            own.append(0)
          }
          above += delta
        }
        losses.append(own)
        features.append(above)
      }
      return (losses, features, weightGradient, biasGradient)
    }
  }

  /// Lanes that no number of parts divides, a window shorter than the longest, targets that are drawn and targets that are not
  /// scored; with 900 drawn the rows make several blocks.
  /// In the last case no more than 20 tokens are ever met, so that fewer are drawn.
  @Test(
    arguments: [(331, 40, 331), (331, 330, 331), (20_011, 16_000, 20_011), (331, 100, 20)], [[4], [4, 3], [4, 3, 2]])
  func lossesAndGradientsEqualAPlainSoftmaxOverTheSameTokens(sizes: (Int, Int, Int), lanes: [Int]) throws {
    let (V, count, common) = sizes
    let configuration = ModelConfiguration(vocabularySize: V, embeddingSize: 5, hiddenSize: 7, layers: 1)
    let step = Step(configuration, lanes: lanes)
    var sampler = CandidateSampler(
      count: count, tokenCounts: (0..<V).map { common == V ? 10_000 / ($0 + 3) : $0 < common ? 1 << 40 : 0 },
      seed: 3)
    let output = try #require(
      SampledOutput(
        step.weights, maximumTime: Self.time + 2, shares: step.shares,
        arithmetics: .init(repeating: Arithmetic(), count: lanes.count), sampler: sampler))
    // The second step of two: nothing is left of the first.
    for number in [4, 5] {
      output.begin(
        step: number, time: Self.time, scale: Self.scale, parameters: step.parameters.pointer,
        gradient: step.gradient.pointer)
      while output.nextBlock() {
        for phase in OutputPhase.allCases { for part in lanes.indices { output.run(phase, part: part) } }
      }
    }
    sampler.draw(step: 5)
    #expect(sampler.candidates.count == min(count, common))
    let expected = try step.reference(sampler)
    for (number, share) in step.shares.enumerated() {
      let pass = try #require(share.pass as? WindowPass)
      for (row, value) in expected.losses[number].enumerated() {
        #expect(abs(Double(share.losses.pointer[row]) - value) < 1e-5, "row \(row) of share \(number)")
      }
      let worst = expected.features[number].enumerated().map { abs(Double(pass.encoder.featuresGradient[$0]) - $1) }
      #expect(try #require(worst.worst()) < 2e-6)
    }
    for (name, values) in [("output.weight", expected.weight), ("output.bias", expected.bias)] {
      let slice = step.weights.layout[name]
      let worst = values.enumerated().map { abs(Double(step.gradient.pointer[slice.offset + $0]) - $1) }.worst()
      #expect(try #require(worst) < 2e-6, "\(name)")
    }
  }

  /// Drawn by q until there are enough, each step anew, each step the same.
  @Test func tokensAreDrawnByTheirFrequencyAndOnlyByTheStep() {
    let counts = (0..<50).map { 1000 / ($0 + 1) }
    var sampler = CandidateSampler(count: 12, tokenCounts: counts, seed: 7)
    var seen = [Double](repeating: 0, count: 50)
    var expected = seen
    let steps = 20_000
    for step in 0..<steps {
      sampler.draw(step: step)
      #expect(Set(sampler.candidates).count == 12)
      for id in sampler.candidates { seen[Int(id)] += 1 }
      for id in 0..<50 { expected[id] += exp(Double(sampler.logExpectation(of: Int32(id)))) }
    }
    // The expectation after n draws is TensorFlow's approximation: n is random, and larger where frequent ones came twice.
    for id in 0..<50 { #expect(abs(seen[id] - expected[id]) < 0.02 * Double(steps), "token \(id)") }
    sampler.draw(step: 17)
    let first = sampler.candidates
    sampler.draw(step: 18)
    #expect(sampler.candidates != first)
    sampler.draw(step: 17)
    #expect(sampler.candidates == first)
    #expect(first == first.sorted())
  }

  /// Where targets come as often as the full softmax says, there is nothing to learn: the mean gradient is zero, though some
  /// tokens are drawn ten times as often as others. Without the correction of the logits it is not.
  @Test func aModelThatIsRightIsLeftAsItIs() throws {
    let V = 60
    let configuration = ModelConfiguration(vocabularySize: V, embeddingSize: 5, hiddenSize: 7, layers: 1)
    let step = Step(configuration, lanes: [3])
    let sampler = CandidateSampler(count: 15, tokenCounts: (0..<V).map { 600 / ($0 + 1) }, seed: 3)
    let sampled = try #require(
      SampledOutput(
        step.weights, maximumTime: Self.time + 2, shares: step.shares, arithmetics: [Arithmetic()], sampler: sampler))
    let rows = Self.time * 3
    let pass = try #require(step.shares[0].pass as? WindowPass)
    let probabilities = (0..<rows).map { row -> [Double] in
      var logits = [Float](repeating: 0, count: V)
      pass.output.project(pass.features + row * 7, rows: 1, parameters: step.parameters.pointer, into: &logits)
      let sum = logits.reduce(0) { $0 + exp(Double($1)) }
      return logits.map { exp(Double($0)) / sum }
    }
    let bias = step.weights.layout[ParameterName.outputBias]
    var generator = CounterBasedGenerator(seed: 11)
    var mean = [Double](repeating: 0, count: V)
    // The same without the correction, over the same tokens.
    var uncorrected = mean
    var drawn = sampler
    let steps = 3000
    for number in 0..<steps {
      for row in 0..<rows {
        var rest = generator.nextUniform()
        let token = probabilities[row].firstIndex { p in
          rest -= p
          return rest < 0
        }
        step.shares[0].targets.pointer[row] = Int32(token ?? V - 1)
      }
      sampled.begin(
        step: number, time: Self.time, scale: 1, parameters: step.parameters.pointer, gradient: step.gradient.pointer)
      while sampled.nextBlock() { for phase in OutputPhase.allCases { sampled.run(phase, part: 0) } }
      for id in 0..<V { mean[id] += Double(step.gradient.pointer[bias.offset + id]) / Double(steps * rows) }
      drawn.draw(step: number)
      for row in 0..<rows {
        let target = step.shares[0].targets.pointer[row]
        let tokens = [target] + drawn.candidates.filter { $0 != target }
        let sum = tokens.reduce(0) { $0 + probabilities[row][Int($1)] }
        for (n, id) in tokens.enumerated() {
          uncorrected[Int(id)] += (probabilities[row][Int(id)] / sum - (n == 0 ? 1 : 0)) / Double(steps * rows)
        }
      }
    }
    // 81,000 targets: a token that comes in a tenth of all places is counted to a thousandth.
    for id in 0..<V { #expect(abs(mean[id]) < 0.004, "token \(id): \(mean[id])") }
    #expect(uncorrected.contains { abs($0) > 0.02 })
  }
}
