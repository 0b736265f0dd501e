import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// A case of `cells.json`: one window through a small model of `CellCase.sizes`, forward and backward.
///
/// - Shape: losses [T, B]; states [L, B, H].
struct PyTorchCell: Decodable, CustomTestStringConvertible, Sendable {
  var cell: CellKind
  var layerCount: Int
  var isTied: Bool
  var losses: [Double]
  /// The gradient of the losses' mean for each tensor, by name.
  var gradients: [String: [Double]]
  var startGradient: [Double]
  var finalState: [Double]

  var testDescription: String { "\(cell.rawValue), \(layerCount) layers\(isTied ? ", tied" : "")" }

  static func all() throws -> [PyTorchCell] { try ReferenceValues.cases(Self.self, named: "cells", in: .module) }

  /// The model that PyTorch's values belong to.
  func model(_ arithmetic: Arithmetic) throws -> CellModel {
    let same = try #require(CellCase.all.first { $0.configuration.cell == cell && $0.configuration.layers == 1 })
    let tied = CellCase(
      cell, layers: layerCount,
      {
        $0.tiesEmbeddings = isTied
        if isTied { $0.embeddingSize = $0.hiddenSize }
      }, reference: same.reference)
    return CellModel(tied, arithmetic: arithmetic)
  }
}

/// The cells that torch.nn has beside the LSTM, against its values in Float64 (`Tests/Reference/cells.py`).
struct PyTorchCellTests {
  @Test(arguments: try PyTorchCell.all(), allArithmetic)
  func lossesStatesAndGradientsEqualPyTorch(expected: PyTorchCell, arithmetic: Arithmetic) throws {
    let model = try expected.model(arithmetic)
    // Float carries 7 digits; sums of up to 18 · 28 products lose one or two of them.
    func check(_ found: [Double], _ expected: [Double], _ name: String) {
      #expect(found.count == expected.count, "\(name)")
      for (i, (a, b)) in zip(found, expected).enumerated() {
        #expect(abs(a - b) < 2e-6 + 2e-5 * abs(b), "\(name)[\(i)]: \(a), expected \(b)")
      }
    }
    check(model.forwardAndBackward().map(Double.init), expected.losses, "losses")
    for (tensor, gradient) in zip(model.values, model.gradients) {
      check(gradient, try #require(expected.gradients[tensor.name]), tensor.name)
    }
    check(model.startGradients.flatMap { $0 }, expected.startGradient, "start state")
    model.pass.carryState(time: CellCase.sizes.T)
    check(model.state.map(Double.init), expected.finalState, "final state")
  }

  /// The plain cells, which judge the fast ones, are themselves judged by PyTorch. Neither rounds the weights to Float.
  @Test(arguments: try PyTorchCell.all())
  func theEquationsAgreeWithPyTorch(expected: PyTorchCell) throws {
    let model = try expected.model(Arithmetic())
    let exact = model.values.enumerated().map { n, tensor in
      NamedValues(
        name: tensor.name, shape: tensor.shape, values: ReferenceValues.values(count: tensor.values.count, tensor: n))
    }
    var state = (0..<expected.layerCount).map {
      ReferenceValues.values(count: CellCase.sizes.B * CellCase.sizes.H, tensor: exact.count + $0)
    }
    let losses = model.network(exact).losses(
      inputs: model.inputs, targets: model.targets, batchSize: CellCase.sizes.B, state: &state)
    for (a, b) in zip(losses, expected.losses) { #expect(abs(a - b) < 1e-12) }
    for (a, b) in zip(state.joined(), expected.finalState) { #expect(abs(a - b) < 1e-12) }
  }

  @Test func everyCellOfTorchIsThere() throws {
    #expect(Set(try PyTorchCell.all().map(\.cell)) == [.rnn, .rnnReLU, .gru])
    #expect(try PyTorchCell.all().count == 15)
  }
}
