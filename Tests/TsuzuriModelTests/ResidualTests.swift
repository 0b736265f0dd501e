import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// Connections that skip layers, where the generic tests of the cells do not look: under dropout, and around layers that
/// give nothing.
struct ResidualTests {
  private let key = DropoutKey(seed: 5, step: 3, firstLane: 2)

  private static func model(dropout: Float, layers: Int = 3) -> CellModel {
    let cell = CellCase(.lstm, layers: layers) {
      $0.isResidual = true
      $0.dropout = dropout
    } reference: {
      ReferenceLSTM($0, hiddenSize: $1.hiddenSize)
    }
    return CellModel(cell, arithmetic: Arithmetic())
  }

  /// Sets every weight of the layers above the first to zero, and their states, so that they give zeros.
  private static func silence(_ model: CellModel) {
    for slice in model.layout.slices where slice.name.hasPrefix("rnn.") && !slice.name.hasSuffix("_l0") {
      (model.parameters.pointer + slice.offset).update(repeating: 0, count: slice.count)
    }
    model.weights.prepareAll(from: model.parameters.pointer, using: .best)
    for layer in model.pass.stack.layers[1...] { for component in layer.stateComponents { component.clear() } }
  }

  @Test func layersThatGiveNothingLetTheirInputPass() {
    let model = Self.model(dropout: 0)
    Self.silence(model)
    _ = model.forwardAndBackward()
    let first = model.pass.stack.layers[0].output
    let count = model.inputs.count * CellCase.sizes.H
    #expect((0..<count).allSatisfy { model.pass.features[$0] == first[$0] })
  }

  /// What passes by a layer was dropped once, where it left the layer below, and is not dropped again.
  @Test func theSumStandsBehindTheDropout() {
    let model = Self.model(dropout: 0.25)
    Self.silence(model)
    _ = model.forwardAndBackward(dropout: key)
    let first = model.pass.stack.layers[0].output
    let count = model.inputs.count * CellCase.sizes.H
    var dropped = 0
    for i in 0..<count {
      let found = model.pass.features[i]
      if found == 0 { dropped += 1 } else { #expect(abs(found - first[i] / 0.75) < 1e-6) }
    }
    // Behind three places of dropout it would be 58 %.
    #expect((0.15...0.35).contains(Double(dropped) / Double(count)), "\(dropped) of \(count)")
  }

  /// Differences are taken through the fast pass itself: the key fixes which elements fall.
  @Test func theGradientUnderDropoutEqualsDifferencesAlongRandomDirections() {
    let model = Self.model(dropout: 0.3)
    func loss() -> Double {
      let losses = model.forwardAndBackward(dropout: key)
      return losses.reduce(0) { $0 + Double($1) } / Double(losses.count)
    }
    _ = loss()
    let gradients = model.gradients
    let start = Array(model.parameters.all)
    for seed in 0..<20 {
      var generator = CounterBasedGenerator(seed: 11, stream: UInt64(seed))
      let direction = start.map { _ in Float(2 * generator.nextUniform() - 1) }
      func lossAt(_ distance: Float) -> Double {
        for i in start.indices { model.parameters.pointer[i] = start[i] + distance * direction[i] }
        model.weights.prepareAll(from: model.parameters.pointer, using: .best)
        return loss()
      }
      let difference = (lossAt(5e-3) - lossAt(-5e-3)) / 1e-2
      var expected = 0.0
      for (slice, gradient) in zip(model.layout.slices, gradients) {
        for (i, value) in gradient.enumerated() { expected += value * Double(direction[slice.offset + i]) }
      }
      #expect(abs(difference - expected) < 2e-3 + 1e-2 * abs(expected), "direction \(seed)")
    }
  }
}
