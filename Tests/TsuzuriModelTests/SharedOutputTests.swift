import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// The output that the threads share, against the one that a pass computes alone.
struct SharedOutputTests {
  /// Lanes that no number of parts divides, a window shorter than the longest, and targets that are not scored. The large
  /// vocabulary's rows make several blocks for each share.
  @Test(arguments: [3, 331, 70_001], [1, 2, 3])
  func lossesAndGradientsEqualThoseOfPassesAlone(vocabularySize V: Int, shares: Int) throws {
    try compare(V, shares, labelSmoothing: 0)
  }

  @Test(arguments: [1, 2, 3])
  func soTheyAreWithSmoothedLabels(shares: Int) throws { try compare(331, shares, labelSmoothing: 0.3) }

  private func compare(_ V: Int, _ shares: Int, labelSmoothing: Float) throws {
    let configuration = ModelConfiguration(
      vocabularySize: V, embeddingSize: 5, hiddenSize: 7, layers: 1,
      regularization: Regularization(labelSmoothing: labelSmoothing))
    let weights = PreparedWeights(configuration, layout: ParameterLayout(configuration), for: .training)
    let parameters = FloatBuffer(count: weights.layout.bufferCount)
    for i in 0..<parameters.count { parameters.pointer[i] = Float(i * 7919 % 1013) / 700 - 0.7 }
    weights.prepareAll(from: parameters.pointer, using: .best)
    let (time, scale) = (23, Float(0.017))
    let outputs = ParameterName.outputs(configuration) + [ParameterName.outputBias]
    let slices = weights.layout.slices.filter { outputs.contains($0.name) }
    let gradient = FloatBuffer(count: weights.layout.bufferCount)
    gradient.all.update(repeating: 1000)
    var expected = [Float](repeating: 0, count: gradient.count)
    var expectedLosses: [[Float]] = []
    var expectedErrors: [[Float]] = []
    var together: [(pass: any TrainingPass, targets: IndexBuffer, losses: FloatBuffer)] = []
    for share in 0..<shares {
      let lanes = 4 - share
      let (alone, shared) = (
        WindowPass(weights, maximumTime: 29, lanes: lanes), WindowPass(weights, maximumTime: 29, lanes: lanes)
      )
      let (ids, targets, losses) = (
        IndexBuffer(count: 29 * lanes), IndexBuffer(count: 29 * lanes), FloatBuffer(count: 29 * lanes)
      )
      for i in 0..<ids.count {
        ids.pointer[i] = Int32((i * 31 + share) % V)
        targets.pointer[i] = i % 11 == 5 ? -1 : Int32((i * i * 101 + share) % V)
      }
      for pass in [alone, shared] { pass.forward(ids: ids.pointer, time: time, parameters: parameters.pointer) }
      let own = FloatBuffer(count: gradient.count)
      var found = [Float](repeating: 0, count: time * lanes)
      alone.lossesAndFeaturesGradient(
        targets: targets.pointer, scale: scale, parameters: parameters.pointer, losses: &found, gradient: own.pointer)
      for i in 0..<own.count { expected[i] += own.pointer[i] }
      expectedLosses.append(found)
      expectedErrors.append(Array(UnsafeBufferPointer(start: alone.encoder.featuresGradient, count: time * lanes * 7)))
      together.append((shared, targets, losses))
    }
    let output = try #require(
      SharedOutput(
        weights, maximumTime: 29, shares: together, arithmetics: .init(repeating: Arithmetic(), count: shares)))
    output.begin(step: 0, time: time, scale: scale, parameters: parameters.pointer, gradient: gradient.pointer)
    var blocks = 0
    while output.nextBlock() {
      for phase in OutputPhase.allCases { for part in 0..<shares { output.run(phase, part: part) } }
      blocks += 1
    }
    #expect(blocks == (V > 70_000 ? (0..<shares).reduce(0) { $0 + (23 * (4 - $1) + 63) / 64 } : shares))
    for (share, parts) in together.enumerated() {
      let losses = UnsafeBufferPointer(start: parts.losses.pointer, count: expectedLosses[share].count)
      for (a, b) in zip(losses, expectedLosses[share]) { #expect(abs(a - b) <= 4e-6 * max(1, abs(b))) }
      let pass = try #require(parts.pass as? WindowPass)
      for (i, b) in expectedErrors[share].enumerated() { #expect(abs(pass.encoder.featuresGradient[i] - b) < 2e-6) }
    }
    for slice in slices {
      let worst = (slice.offset..<slice.offset + slice.count).map { abs(gradient.pointer[$0] - expected[$0]) }.worst()
      #expect(try #require(worst) < 5e-6, "\(slice.name)")
    }
  }
}
