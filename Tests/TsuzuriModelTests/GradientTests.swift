import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// The analytic gradient against differences of a loss that was written a second time.
struct GradientTests {
  /// Float's gradient carries an error of about 1e-7; measured against the floor of 1e-3 that is 1e-4.
  let tolerance = 1e-3

  @Test(arguments: try lstmReferences())
  func theBackwardPassEqualsCentralDifferencesInDouble(reference: LSTMReference) throws {
    let model = ReferenceModel(reference, arithmetic: Arithmetic())
    _ = model.forwardAndBackward()
    let finding = try #require(worst(reference, model.gradients(reference)))
    #expect(finding.relativeError < tolerance, "\(finding)")
  }

  /// A backward pass that forgets what comes back through time in the middle of the window is found out.
  @Test func aWrongBackwardPassIsCaught() throws {
    let reference = try #require(try lstmReferences().first { $0.layerCount == 2 })
    let model = ReferenceModel(reference, arithmetic: Arithmetic())
    var sum = reference.tensors.map { [Double](repeating: 0, count: $0.count) }
    for half in [0..<3, 3..<6] {
      _ = model.forwardAndBackward(time: half)
      for (n, gradient) in model.gradients(reference).enumerated() {
        for i in gradient.indices { sum[n][i] += gradient[i] / 2 }
      }
      model.pass.carryState(time: 3)
    }
    let finding = try #require(worst(reference, sum))
    #expect(finding.relativeError > 10 * tolerance, "\(finding)")
  }

  /// The second window's gradient is that of a loss whose start state is a constant, and not that of a loss whose start
  /// state comes from the first window: values are carried over the edge, the gradient is not.
  @Test func theGradientStopsAtTheWindowsEdge() throws {
    let reference = try #require(try lstmReferences().first { $0.layerCount == 2 })
    let model = ReferenceModel(reference, arithmetic: Arithmetic())
    _ = model.forwardLosses(time: 0..<3)
    model.pass.carryState(time: 3)
    _ = model.forwardAndBackward(time: 3..<6)
    let edge = 3 * reference.batchSize
    let plain = ReferenceLanguageModel<Double>(reference.parameters)
    let start = ReferenceLanguageModel<Double>.State(hidden: reference.initialHidden, cell: reference.initialCell)
    func carried(by model: ReferenceLanguageModel<Double>) -> ReferenceLanguageModel<Double>.State {
      var state = start
      _ = model.losses(
        inputs: Array(reference.inputs[..<edge]), targets: Array(reference.targets[..<edge]),
        batchSize: reference.batchSize, state: &state)
      return state
    }
    let constant = carried(by: plain)
    func worst(carrying: Bool) -> GradientCheck.Finding? {
      self.worst(reference, model.gradients(reference)) { moved in
        var state = carrying ? carried(by: moved) : constant
        return moved.loss(
          inputs: Array(reference.inputs[edge...]), targets: Array(reference.targets[edge...]),
          batchSize: reference.batchSize, state: &state)
      }
    }
    let truncated = try #require(worst(carrying: false))
    #expect(truncated.relativeError < tolerance, "\(truncated)")
    let whole = try #require(worst(carrying: true))
    #expect(whole.relativeError > 10 * tolerance, "\(whole)")
  }

  /// With dropout, differences are taken through the fast pass itself: the key fixes which elements fall.
  @Test(arguments: [Float(0.2), 0.7])
  func theGradientUnderDropoutEqualsDifferencesAlongRandomDirections(probability: Float) throws {
    let reference = try #require(try lstmReferences().first { $0.layerCount == 2 && !$0.isTied })
    let model = ReferenceModel(dropping: probability, reference)
    let key = DropoutKey(seed: 5, step: 3, firstLane: 2)
    let loss = model.forwardAndBackward(dropout: key)
    #expect(abs(loss - model.forwardAndBackward()) > 1e-3)
    _ = model.forwardAndBackward(dropout: key)
    let gradient = Array(model.gradient.all)
    let start = Array(model.parameters.all)
    for seed in 0..<20 {
      var generator = CounterBasedGenerator(seed: 11, stream: UInt64(seed))
      let direction = start.map { _ in Float(2 * generator.nextUniform() - 1) }
      func lossAt(_ distance: Float) -> Double {
        for i in start.indices { model.parameters.pointer[i] = start[i] + distance * direction[i] }
        model.weights.prepareAll(from: model.parameters.pointer, using: .best)
        return model.forwardAndBackward(dropout: key)
      }
      let difference = (lossAt(1e-2) - lossAt(-1e-2)) / 2e-2
      let expected = zip(gradient, direction).reduce(0) { $0 + Double($1.0 * $1.1) }
      #expect(abs(difference - expected) < 2e-3 + 1e-2 * abs(expected), "direction \(seed)")
    }
  }

  private func worst(_ reference: LSTMReference, _ gradients: [[Double]]) -> GradientCheck.Finding? {
    worst(reference, gradients) { model in
      var state = ReferenceLanguageModel<Double>.State(
        hidden: reference.initialHidden, cell: reference.initialCell)
      return model.loss(
        inputs: reference.inputs, targets: reference.targets, batchSize: reference.batchSize, state: &state)
    }
  }

  private func worst(
    _ reference: LSTMReference, _ gradients: [[Double]], loss: (ReferenceLanguageModel<Double>) -> Double
  ) -> GradientCheck.Finding? {
    let names = reference.parameters
    return GradientCheck().worstElement(of: names, gradients: gradients) { values in
      var place = 0
      let moved = names.map { tensor in
        defer { place += tensor.values.count }
        return NamedValues(
          name: tensor.name, shape: tensor.shape, values: Array(values[place..<place + tensor.values.count]))
      }
      return loss(ReferenceLanguageModel<Double>(moved))
    }
  }
}

extension ReferenceModel {
  /// The gradient of each of the reference's tensors.
  func gradients(_ reference: LSTMReference) -> [[Double]] {
    reference.tensors.map { tensor in
      let slice = layout[tensor.name]
      return (0..<slice.count).map { Double(gradient.pointer[slice.offset + $0]) }
    }
  }
}
