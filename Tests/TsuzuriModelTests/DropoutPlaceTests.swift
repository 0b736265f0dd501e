import Foundation
import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// Where elements are dropped, and what is penalised there: the losses and gradients of a model of three layers against its
/// equations in Double, with the same elements set to zero by hand.
struct DropoutPlaceTests {
  private static let (V, E, H, L, B, T) = (7, 4, 5, 3, 2, 5)
  private let key = DropoutKey(seed: 21, step: 8, firstLane: 1)

  /// Each place alone, all with different probabilities, the same at every step, and with penalties that see the output on
  /// different sides of its dropout; the last ones with layers that add their input to their output.
  static let cases =
    regularizations.map { (rules: $0, isResidual: false) }
    + regularizations.suffix(4).map { (rules: $0, isResidual: true) }

  private static let regularizations = [
    Regularization(inputDropout: 0.4), Regularization(hiddenDropout: 0.4), Regularization(outputDropout: 0.4),
    Regularization(inputDropout: 0.2, hiddenDropout: 0.5, outputDropout: 0.3),
    Regularization(inputDropout: 0.2, hiddenDropout: 0.5, outputDropout: 0.3, isVariational: true),
    Regularization(outputDropout: 0.5, activationPenalty: 2), Regularization(outputDropout: 0.5, temporalPenalty: 3),
    Regularization(
      inputDropout: 0.1, hiddenDropout: 0.3, outputDropout: 0.5, isVariational: true, activationPenalty: 2,
      temporalPenalty: 3),
  ]

  /// What the elements at a place are multiplied by, [T, B, width]: place 0 stands after the embedding, k after layer k.
  private func factors(_ probability: Float?, place: Int, width: Int, isVariational: Bool) -> [Double] {
    var factors = [Float](repeating: 1, count: Self.T * Self.B * width)
    if let probability {
      let dropout = Dropout(
        probability: probability, isVariational: isVariational, site: place, width: width,
        maximumRows: Self.T * Self.B, kernels: .best)
      let ones = factors
      dropout.forward(ones, into: &factors, time: Self.T, lanes: Self.B, key: key)
    }
    return factors.map(Double.init)
  }

  @Test(arguments: cases.indices)
  func lossesAndGradientsEqualTheEquations(index: Int) throws {
    let (V, E, H, L, B, T) = (Self.V, Self.E, Self.H, Self.L, Self.B, Self.T)
    let (rules, isResidual) = Self.cases[index]
    let configuration = ModelConfiguration(
      vocabularySize: V, embeddingSize: E, hiddenSize: H, layers: L, isResidual: isResidual, regularization: rules)
    let layout = ParameterLayout(configuration)
    let parameters = FloatBuffer(count: layout.bufferCount)
    for i in 0..<parameters.count { parameters.pointer[i] = Float(i * 7919 % 1013) / 700 - 0.7 }
    let (ids, targets) = (IndexBuffer(count: T * B), IndexBuffer(count: T * B))
    for i in 0..<T * B { (ids.pointer[i], targets.pointer[i]) = (Int32(i * 5 % V), Int32(i * 3 % V)) }

    let weights = PreparedWeights(configuration, layout: layout, for: .training)
    weights.prepareAll(from: parameters.pointer, using: .best)
    let pass = WindowPass(weights, maximumTime: T, lanes: B)
    let gradient = FloatBuffer(count: layout.bufferCount)
    var losses = [Float](repeating: 0, count: T * B)
    pass.forward(ids: ids.pointer, time: T, parameters: parameters.pointer, dropout: key)
    pass.lossesAndGradient(
      targets: targets.pointer, scale: 1 / Float(T * B), parameters: parameters.pointer, losses: &losses,
      gradient: gradient.pointer)

    let places = (0...L).map { place in
      factors(
        place == 0 ? rules.inputDropout : place == L ? rules.outputDropout : rules.hiddenDropout, place: place,
        width: place == 0 ? E : H, isVariational: rules.isVariational)
    }
    let tensors = layout.slices.map { slice in
      NamedValues(
        name: slice.name, shape: slice.shape,
        values: (0..<slice.count).map { Double(parameters.pointer[slice.offset + $0]) })
    }
    let equations = Equations(
      ids: Array(ids.all.prefix(T * B)), targets: Array(targets.all.prefix(T * B)), places: places, rules: rules,
      isResidual: isResidual)
    let expected = equations.losses(tensors).losses
    for (found, expected) in zip(losses, expected) { #expect(abs(Double(found) - expected) < 2e-5) }
    let found = layout.slices.map { slice in (0..<slice.count).map { Double(gradient.pointer[slice.offset + $0]) } }
    let worst = GradientCheck().worstElement(of: tensors, gradients: found) { values in
      var rest = values[...]
      let moved = tensors.map { tensor in
        defer { rest = rest.dropFirst(tensor.values.count) }
        return NamedValues(name: tensor.name, shape: tensor.shape, values: Array(rest.prefix(tensor.values.count)))
      }
      return equations.losses(moved).minimised
    }
    #expect(try #require(worst).relativeError < 1e-3, "\(String(describing: worst))")
  }

  /// The model written plainly.
  private struct Equations {
    let ids, targets: [Int32]
    let places: [[Double]]
    let rules: Regularization
    let isResidual: Bool

    func losses(_ tensors: [NamedValues]) -> (losses: [Double], minimised: Double) {
      let (V, E, H, L, B, T) = (
        DropoutPlaceTests.V, DropoutPlaceTests.E, DropoutPlaceTests.H, DropoutPlaceTests.L, DropoutPlaceTests.B,
        DropoutPlaceTests.T
      )
      func values(_ name: String) -> [Double] { tensors.first { $0.name == name }?.values ?? [] }
      let (embedding, output, bias) = (values("embedding.weight"), values("output.weight"), values("output.bias"))
      let cells = (0..<L).map { ReferenceLSTM(ReferenceTensors(tensors, layer: $0), hiddenSize: H) }
      var states = Array(
        repeating: Array(repeating: [[Double]](repeating: [Double](repeating: 0, count: H), count: 2), count: L),
        count: B)
      func dropped(_ x: [Double], place: Int, row: Int) -> [Double] {
        x.indices.map { x[$0] * places[place][row * x.count + $0] }
      }
      var losses: [Double] = []
      var (before, squares, changes) = ([[Double]](), 0.0, 0.0)
      for row in 0..<T * B {
        let (lane, id) = (row % B, Int(ids[row]))
        var x = dropped(Array(embedding[id * E..<(id + 1) * E]), place: 0, row: row)
        for k in 0..<L {
          let h = cells[k].step(x, &states[lane][k])
          let below = x
          x = dropped(h, place: k + 1, row: row)
          if isResidual, k > 0 { x = sum(x, below) }
          guard k == L - 1 else { continue }
          squares += x.reduce(0) { $0 + $1 * $1 }
          if row >= B { changes += zip(h, before[row - B]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
          before.append(h)
        }
        let logits = sum(product(output, x), bias)
        losses.append(Foundation.log(logits.reduce(0) { $0 + exp($1) }) - logits[Int(targets[row])])
      }
      precondition(bias.count == V)
      let minimised =
        losses.reduce(0, +) / Double(T * B) + Double(rules.activationPenalty) * squares / Double(T * B * H)
        + Double(rules.temporalPenalty) * changes / Double((T - 1) * B * H)
      return (losses, minimised)
    }
  }
}
