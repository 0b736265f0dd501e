import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// The LSTM's variants against PyTorch: `torch.nn.LSTM` where it has them, steps under its autograd where it has not.
struct LSTMVariantTests {
  /// What `Tests/Reference/lstm_variants.py` stores of a case.
  struct Reference: Decodable {
    var name: String
    var losses: [Double]
    var gradients: [String: [Double]]
    var startGradients: [[Double]]
    var finalStates: [[Double]]
  }

  private static func name(_ configuration: ModelConfiguration) -> String {
    if configuration.projectionSize != nil { return "projected" }
    return configuration.normalizesGates ? "normalized" : configuration.cell.rawValue
  }

  /// Each stored case with the model of its name.
  private func cases(_ arithmetic: Arithmetic) throws -> [(reference: Reference, model: CellModel)] {
    let references = try ReferenceValues.cases(Reference.self, named: "lstm_variants", in: .module)
    #expect(references.count == 5)
    return try references.map { reference in
      let cell = CellCase.all.first {
        let shape = $0.configuration
        return Self.name(shape) == reference.name && shape.layers == 2 && !shape.isResidual && !shape.isBidirectional
      }
      return (reference, CellModel(try #require(cell, "\(reference.name)"), arithmetic: arithmetic))
    }
  }

  /// The plain layers in Double, with weights that no Float has rounded; the results are stored with 14 digits.
  @Test func plainLayersEqualPyTorch() throws {
    for (reference, model) in try cases(Arithmetic()) {
      let values = model.values.enumerated().map { n, tensor in
        NamedValues(
          name: tensor.name, shape: tensor.shape, values: ReferenceValues.values(count: tensor.values.count, tensor: n))
      }
      var state = model.startState.enumerated().map { n, component in
        ReferenceValues.values(count: component.count, tensor: values.count + n)
      }
      let losses = model.network(values).losses(
        inputs: model.inputs, targets: model.targets, batchSize: CellCase.sizes.B, state: &state)
      #expect(distance(losses, reference.losses) < 1e-12, "\(reference.name)")
      for (a, b) in zip(state, reference.finalStates) { #expect(distance(a, b) < 1e-12, "\(reference.name)") }
    }
  }

  /// The tolerance is Float's error in sums of some hundred products.
  @Test(arguments: allArithmetic)
  func lossesStatesAndGradientsEqualPyTorch(arithmetic: Arithmetic) throws {
    for (reference, model) in try cases(arithmetic) {
      let losses = model.forwardAndBackward().map(Double.init)
      #expect(distance(losses, reference.losses) < 2e-6, "\(reference.name)")
      for (tensor, found) in zip(model.values, model.gradients) {
        let expected = try #require(reference.gradients[tensor.name], "\(reference.name): \(tensor.name)")
        #expect(distance(found, expected) < 1e-6, "\(reference.name): \(tensor.name)")
      }
      #expect(model.values.count == reference.gradients.count)
      #expect(model.startGradients.count == reference.startGradients.count)
      for (a, b) in zip(model.startGradients, reference.startGradients) {
        #expect(distance(a, b) < 1e-6, "\(reference.name)")
      }
      model.pass.carryState(time: CellCase.sizes.T)
      #expect(distance(model.state.map(Double.init), reference.finalStates.flatMap(\.self)) < 2e-6, "\(reference.name)")
    }
  }

  private func distance(_ found: [Double], _ expected: [Double]) -> Double {
    guard found.count == expected.count else { return .infinity }
    // NaN is no maximum: it must not pass for a small distance.
    return zip(found, expected).map { ($0 - $1).isNaN ? .infinity : abs($0 - $1) }.max() ?? 0
  }
}
