import Foundation
import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// Every combination of kernels and products that this processor can run.
let allArithmetic = KernelSet.available.flatMap { kernels in
  MatrixProduct.allCases.map { Arithmetic(kernels: kernels, product: $0) }
}

/// The cases of `Tests/Reference/lstm.py`.
func lstmReferences() throws -> [LSTMReference] {
  try ReferenceValues.cases(LSTMReference.self, named: "lstm", in: .module)
}

/// The cases of `Tests/Reference/regularization.py`.
func regularizedReferences() throws -> [LSTMReference] {
  try ReferenceValues.cases(LSTMReference.self, named: "regularization", in: .module)
}

/// The fast passes against PyTorch's values in Float64 (`Tests/Reference/lstm.py`, `regularization.py`).
struct WindowPassTests {
  @Test(arguments: try lstmReferences() + regularizedReferences(), allArithmetic)
  func lossesAndGradientsEqualPyTorch(reference: LSTMReference, arithmetic: Arithmetic) {
    let model = ReferenceModel(reference, arithmetic: arithmetic)
    let loss = model.forwardAndBackward()
    // Float carries 7 digits; sums of up to 18 · 28 products lose one or two of them.
    #expect(abs(loss - reference.loss) < 2e-6)
    for slice in model.layout.slices {
      let expected = reference.gradients[slice.name] ?? []
      #expect(expected.count == slice.count, "\(slice.name)")
      for (i, value) in expected.enumerated() {
        let found = Double(model.gradient.pointer[slice.offset + i])
        #expect(abs(found - value) < 2e-6 + 2e-5 * abs(value), "\(slice.name)[\(i)]: \(found), expected \(value)")
      }
    }
    model.pass.carryState(time: reference.sequenceLength)
    var state = RecurrentState(model.configuration, lanes: reference.batchSize)
    model.pass.exportState(to: &state, firstLane: 0)
    let final = model.state(h: reference.finalHidden, c: reference.finalCell)
    #expect(zip(state.values, final.values).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  /// The look-up of the first layer's products and the direct product are two ways to the same gradient.
  @Test(arguments: try lstmReferences())
  func lookupAndDirectProductAgree(reference: LSTMReference) {
    let looked = ReferenceModel(reference, arithmetic: Arithmetic())
    let direct = ReferenceModel(reference, arithmetic: Arithmetic())
    direct.pass.allowsLookup = false
    #expect(abs(looked.forwardAndBackward() - direct.forwardAndBackward()) < 1e-6)
    #expect(looked.pass.embedding.usesLookup && !direct.pass.embedding.usesLookup)
    for i in 0..<looked.gradient.count {
      let (a, b) = (looked.gradient.pointer[i], direct.gradient.pointer[i])
      #expect(abs(a - b) < 2e-6 + 2e-5 * abs(b), "\(i): \(a), \(b)")
    }
  }

  @Test func twoWindowsWithCarriedStateGiveTheLossOfOneLongWindow() throws {
    let reference = try #require(try lstmReferences().first { $0.layerCount == 2 })
    let whole = ReferenceModel(reference, arithmetic: Arithmetic())
    let losses = whole.forwardLosses(time: 0..<6)
    let parts = ReferenceModel(reference, arithmetic: Arithmetic())
    let first = parts.forwardLosses(time: 0..<2)
    parts.pass.carryState(time: 2)
    let second = parts.forwardLosses(time: 2..<6)
    for (a, b) in zip(losses, first + second) { #expect(abs(a - b) < 1e-6) }
    // The state matters: without carrying it the losses differ.
    let forgetful = ReferenceModel(reference, arithmetic: Arithmetic())
    forgetful.pass.resetState()
    let without = forgetful.forwardLosses(time: 2..<6)
    #expect(zip(second, without).contains { abs($0 - $1) > 1e-3 })
  }
}

/// A pass with the reference's weights and states.
final class ReferenceModel {
  let configuration: ModelConfiguration
  let layout: ParameterLayout
  let parameters: FloatBuffer
  let gradient: FloatBuffer
  let weights: PreparedWeights
  let pass: WindowPass
  private let inputs: IndexBuffer
  private let targets: IndexBuffer

  init(
    _ reference: some LanguageModelReference, arithmetic: Arithmetic, dropout: Float = 0,
    regularization: Regularization = Regularization()
  ) {
    configuration = ModelConfiguration(
      vocabularySize: reference.vocabularySize, embeddingSize: reference.embeddingSize,
      hiddenSize: reference.hiddenSize, layers: reference.layerCount, tiesEmbeddings: reference.isTied,
      dropout: dropout,
      regularization: regularization)
    layout = ParameterLayout(configuration)
    parameters = FloatBuffer(count: layout.bufferCount)
    gradient = FloatBuffer(count: layout.bufferCount)
    for tensor in reference.parameters {
      let slice = layout[tensor.name]
      precondition(slice.shape == tensor.shape)
      for (i, value) in tensor.values.enumerated() { parameters.pointer[slice.offset + i] = Float(value) }
    }
    weights = PreparedWeights(configuration, layout: layout, for: .training)
    weights.prepareAll(from: parameters.pointer, using: arithmetic.kernels)
    pass = WindowPass(
      weights, maximumTime: reference.sequenceLength, lanes: reference.batchSize, findsStartGradients: true,
      arithmetic: arithmetic)
    inputs = IndexBuffer(count: reference.sequenceLength * reference.batchSize)
    targets = IndexBuffer(count: reference.sequenceLength * reference.batchSize)
  }

  convenience init(_ reference: LSTMReference, arithmetic: Arithmetic) {
    let regularization = Regularization(
      activationPenalty: reference.activationPenalty ?? 0, temporalPenalty: reference.temporalPenalty ?? 0,
      labelSmoothing: reference.labelSmoothing ?? 0)
    self.init(reference, arithmetic: arithmetic, dropout: 0, regularization: regularization)
    takeText(reference)
  }

  convenience init(_ reference: LSTMReference, regularization: Regularization) {
    self.init(reference, arithmetic: Arithmetic(), regularization: regularization)
    takeText(reference)
  }

  convenience init(dropping probability: Float, _ reference: LSTMReference) {
    self.init(reference, arithmetic: Arithmetic(), dropout: probability)
    takeText(reference)
  }

  private func takeText(_ reference: LSTMReference) {
    inputs.pointer.update(from: reference.inputs, count: inputs.count)
    targets.pointer.update(from: reference.targets, count: targets.count)
    pass.importState(from: state(h: reference.initialHidden, c: reference.initialCell), firstLane: 0)
  }

  /// The reference's h and c, each [L, B, H], as a state.
  func state(h: [Double], c: [Double]) -> RecurrentState {
    var state = RecurrentState(configuration, lanes: pass.lanes)
    let step = pass.lanes * configuration.hiddenSize
    for layer in 0..<configuration.layers {
      for (component, values) in [h, c].enumerated() {
        let start = state.offset(component: 2 * layer + component, lane: 0)
        for i in 0..<step { state.values[start + i] = Float(values[layer * step + i]) }
      }
    }
    return state
  }

  func forwardLosses(time: Range<Int>) -> [Float] {
    let start = time.lowerBound * pass.lanes
    var losses = [Float](repeating: 0, count: time.count * pass.lanes)
    pass.forward(ids: inputs.pointer + start, time: time.count, parameters: parameters.pointer)
    pass.losses(targets: targets.pointer + start, parameters: parameters.pointer, into: &losses)
    return losses
  }

  /// The mean loss; the gradient is in ``gradient``.
  func forwardAndBackward(time: Range<Int>? = nil, dropout: DropoutKey? = nil) -> Double {
    let time = time ?? 0..<pass.maximumTime
    let start = time.lowerBound * pass.lanes
    let rows = time.count * pass.lanes
    var losses = [Float](repeating: 0, count: rows)
    pass.forward(
      ids: inputs.pointer + start, time: time.count, parameters: parameters.pointer,
      dropout: dropout)
    pass.lossesAndGradient(
      targets: targets.pointer + start, scale: 1 / Float(rows), parameters: parameters.pointer, losses: &losses,
      gradient: gradient.pointer)
    return losses.reduce(0) { $0 + Double($1) } / Double(rows)
  }
}
