import Foundation
import Testing
import TsuzuriData
import TsuzuriKernels
import TsuzuriModel
import _TestSupport

@testable import TsuzuriTraining

/// Whole steps with carried state, clipping and update, against PyTorch (`Tests/Reference/training.py`).
struct TrainingStepTests {
  static func references() throws -> [TrainingReference] {
    try ReferenceValues.cases(TrainingReference.self, named: "training", in: .module)
  }

  @Test(arguments: try references(), [1, 2, 3])
  func stepsEqualPyTorch(reference: TrainingReference, shares: Int) throws {
    let run = try ReferenceRun(reference, shares: shares, threads: 2)
    for (number, expected) in reference.steps.enumerated() {
      let outcome = try run.step.run(run.batcher, window: number, step: number, learningRate: reference.learningRate)
      #expect(outcome.isApplied)
      #expect(abs(outcome.loss - expected.loss) < 5e-6, "step \(number)")
      #expect(abs(outcome.gradientNorm - expected.norm) < 5e-6, "step \(number)")
      for (name, values) in expected.parameters {
        let slice = run.step.layout[name]
        let found = [0, slice.count / 2, slice.count - 1].map { run.step.parameters.pointer[slice.offset + $0] }
        // Adam divides by the root of a second moment that may be tiny: a gradient's last digits grow.
        for (a, b) in zip(found, values) { #expect(abs(Double(a) - b) < 1e-4, "step \(number), \(name)") }
      }
    }
  }

  /// Everything that training can do against learning by heart.
  static let regularization = Regularization(
    outputDropout: 0.2, isVariational: true, embeddingDropout: 0.1, weightDropout: 0.4, activationPenalty: 2,
    temporalPenalty: 1, labelSmoothing: 0.1)

  @Test(arguments: [Regularization(), regularization])
  func bitsDependOnTheSharesButNotOnTheThreads(regularization: Regularization) throws {
    let reference = try #require(try Self.references().first)
    func weights(shares: Int, threads: Int) throws -> [Float] {
      let run = try ReferenceRun(
        reference, shares: shares, threads: threads, dropout: 0.3, regularization: regularization)
      for window in 0..<5 { _ = try run.step.run(run.batcher, window: window, step: window, learningRate: 0.01) }
      return Array(run.step.parameters.all)
    }
    let one = try weights(shares: 3, threads: 1)
    #expect(try one == weights(shares: 3, threads: 2))
    #expect(try one == weights(shares: 3, threads: 5))
    // Dropout falls on the same elements however the lanes are shared, so only the last digits differ.
    let whole = try weights(shares: 1, threads: 2)
    #expect(one != whole)
    #expect(zip(one, whole).allSatisfy { abs($0 - $1) < 1e-3 })
  }

  /// So many parameters that the threads share the gradient's sum, its norm and the update, too.
  @Test(arguments: [false, true])
  func theBitsOfALargeModelDoNotDependOnTheThreads(isTied: Bool) throws {
    let (V, H, B, T) = (331, 64, 5, 7)
    let model = ModelConfiguration(
      vocabularySize: V, embeddingSize: H, hiddenSize: H, layers: 2, tiesEmbeddings: isTied, dropout: 0.2,
      regularization: Self.regularization)
    let tokens = LaneTokens(
      lanes: (0..<B).map { lane in (0...5 * T).map { Int32(($0 * $0 * 7 + lane * 13) % (V - 100)) } })
    func weights(threads: Int) throws -> [Float] {
      let parameters = FloatBuffer(count: ParameterLayout(model).bufferCount)
      for i in 0..<parameters.count { parameters.pointer[i] = Float(i * 7919 % 1013) / 2000 - 0.25 }
      let step = TrainingStep(
        model,
        training: TrainingConfiguration(
          batchSize: B, sequenceLength: T, clipping: GradientClipping(maximumNorm: 0.5, maximumValue: 0.001), shares: 3),
        parameters: parameters, pool: WorkerPool(threads: threads))
      #expect(step.work.gradient.stretches == min(threads, 5))
      let batcher = try LaneBatcher(tokens: tokens, lanes: B, window: T)
      for window in 0..<5 { _ = try step.run(batcher, window: window, step: window, learningRate: 0.01) }
      return Array(step.parameters.all)
    }
    let one = try weights(threads: 1)
    #expect(one.allSatisfy { $0.isFinite })
    #expect(try one == weights(threads: 2))
    #expect(try one == weights(threads: 5))
  }

  @Test func aStepWithoutAFiniteGradientIsNotTaken() throws {
    let reference = try #require(try Self.references().first)
    let run = try ReferenceRun(reference, shares: 2, threads: 1)
    run.step.parameters.pointer[run.step.layout["output.bias"].offset] = .nan
    let before = Array(run.step.parameters.all).map(\.bitPattern)
    #expect(try !run.step.run(run.batcher, window: 0, step: 0, learningRate: 0.01).isApplied)
    #expect(Array(run.step.parameters.all).map(\.bitPattern) == before)
    #expect(run.step.optimizer.stepCount == 0)
  }
}

/// A training step with the reference's weights and lanes.
struct ReferenceRun {
  let step: TrainingStep
  let batcher: LaneBatcher

  init(
    _ reference: TrainingReference, shares: Int, threads: Int, dropout: Float = 0,
    regularization: Regularization = Regularization()
  ) throws {
    let model = ModelConfiguration(
      vocabularySize: reference.vocabularySize, embeddingSize: reference.embeddingSize,
      hiddenSize: reference.hiddenSize, layers: reference.layerCount, tiesEmbeddings: reference.isTied,
      dropout: dropout, regularization: regularization)
    let layout = ParameterLayout(model)
    let parameters = FloatBuffer(count: layout.bufferCount)
    for tensor in reference.parameters {
      let slice = layout[tensor.name]
      for (i, value) in tensor.values.enumerated() { parameters.pointer[slice.offset + i] = Float(value) }
    }
    let optimizer = try OptimizerChoice(
      named: reference.optimizer, weightDecay: reference.weightDecay, numbers: .init(momentum: reference.momentum))
    step = TrainingStep(
      model,
      training: TrainingConfiguration(
        batchSize: reference.batchSize, sequenceLength: reference.sequenceLength, optimizer: optimizer,
        clipping: GradientClipping(maximumNorm: reference.clipNorm), shares: shares),
      parameters: parameters, pool: WorkerPool(threads: threads))
    batcher = try LaneBatcher(
      tokens: LaneTokens(lanes: reference.lanes), lanes: reference.batchSize, window: reference.sequenceLength)
  }
}

/// The reference's lanes laid out so that each lane of a batcher is one of them.
///
/// A batcher's lanes share their end and their beginning; the reference's do not. So reads are answered lane by lane.
struct LaneTokens: TokenSequence {
  var lanes: [[Int32]]
  var count: Int { lanes.count * (lanes[0].count - 1) + 1 }

  func read(_ range: Range<Int>, into destination: UnsafeMutablePointer<Int32>) {
    let length = lanes[0].count - 1
    let lane = range.lowerBound / length
    for (i, index) in range.enumerated() { destination[i] = lanes[lane][index - lane * length] }
  }
}
