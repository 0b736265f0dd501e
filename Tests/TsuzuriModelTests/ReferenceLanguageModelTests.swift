import Foundation
import Testing
import _TestSupport

/// The plain model that judges the fast one is itself judged by PyTorch.
struct ReferenceLanguageModelTests {
  private func cases() throws -> [LSTMReference] {
    try ReferenceValues.cases(LSTMReference.self, named: "lstm", in: .module)
  }

  private func distance<Scalar: ReferenceScalar>(_ found: [Scalar], _ expected: [Double]) -> Double {
    guard found.count == expected.count else { return .infinity }
    return zip(found, expected).map { abs(Double($0) - $1) }.worst() ?? 0
  }

  /// The values are stored with 14 digits.
  @Test func forwardInDoubleAgreesWithPyTorch() throws {
    let cases = try cases()
    #expect(cases.count == 7)
    for reference in cases {
      let model = ReferenceLanguageModel<Double>(reference.parameters)
      var state = ReferenceLanguageModel<Double>.State(hidden: reference.initialHidden, cell: reference.initialCell)
      let logits = model.logits(inputs: reference.inputs, batchSize: reference.batchSize, state: &state)
      #expect(distance(logits, reference.logits) <= 1e-12, "\(reference.name)")
      #expect(distance(state.hidden, reference.finalHidden) <= 1e-12, "\(reference.name)")
      #expect(distance(state.cell, reference.finalCell) <= 1e-12, "\(reference.name)")
      state = .init(hidden: reference.initialHidden, cell: reference.initialCell)
      let loss = model.loss(
        inputs: reference.inputs, targets: reference.targets, batchSize: reference.batchSize, state: &state)
      #expect(abs(loss - reference.loss) <= 1e-12, "\(reference.name)")
    }
  }

  @Test func forwardInFloatIsNear() throws {
    for reference in try cases() {
      let model = ReferenceLanguageModel<Float>(reference.parameters)
      var state = ReferenceLanguageModel<Float>.State(
        hidden: reference.initialHidden.map { Float($0) }, cell: reference.initialCell.map { Float($0) })
      let logits = model.logits(inputs: reference.inputs, batchSize: reference.batchSize, state: &state)
      #expect(distance(logits, reference.logits) <= 2e-6, "\(reference.name)")
    }
  }

  /// Central differences of the plain model against PyTorch's gradients, those of the first state included; and the
  /// same with one gradient spoilt.
  @Test func differencesAgreeWithPyTorchAndNoticeASpoiltGradient() throws {
    for reference in try cases() {
      let tensors =
        reference.parameters + [
          NamedValues(name: "h0", shape: [], values: reference.initialHidden),
          NamedValues(name: "c0", shape: [], values: reference.initialCell),
        ]
      var gradients = try reference.tensors.map { try #require(reference.gradients[$0.name]) }
      gradients += [reference.initialHiddenGradient, reference.initialCellGradient]
      let loss: (inout [Double]) -> Double = { values in
        var rest = values[...]
        var named = tensors
        for index in named.indices {
          named[index].values = Array(rest.prefix(named[index].values.count))
          rest = rest.dropFirst(named[index].values.count)
        }
        let model = ReferenceLanguageModel<Double>(named.dropLast(2))
        var state = ReferenceLanguageModel<Double>.State(
          hidden: named[named.count - 2].values, cell: named[named.count - 1].values)
        return model.loss(
          inputs: reference.inputs, targets: reference.targets, batchSize: reference.batchSize, state: &state)
      }
      let worst = try #require(GradientCheck().worstElement(of: tensors, gradients: gradients, loss: loss))
      #expect(worst.relativeError <= 1e-6, "\(reference.name): \(worst)")

      guard reference.layerCount == 1 else { continue }
      gradients[2][5] += 1e-3
      let spoilt = try #require(GradientCheck().worstElement(of: tensors, gradients: gradients, loss: loss))
      #expect(spoilt.name == "rnn.weight_hh_l0" && spoilt.index == 5, "\(spoilt)")
    }
  }
}
