import Foundation
import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// The case that the page 'How an LSTM learns' works by hand, with the numbers of its tables.
struct WorkedExampleTests {
  /// Rows `| name | number | number |` of the page, by name.
  private static func table() throws -> [String: [Double]] {
    let path = TestCorpora.packageRoot + "/Sources/Tsuzuri/Tsuzuri.docc/HowAnLSTMLearns.md"
    let rows = try String(contentsOfFile: path, encoding: .utf8)
      .matches(of: #/\n\| (\w+) \| (-?\d+\.\d{6}) \| (-?\d+\.\d{6}) \|/#)
    return Dictionary(
      uniqueKeysWithValues: rows.map { (String($0.1), [Double($0.2) ?? .nan, Double($0.3) ?? .nan]) })
  }

  @Test func thePageStatesWhatTheLayerComputes() throws {
    let table = try Self.table()
    #expect(table.count == 14)
    func check(_ name: String, _ found: [Float]) throws {
      let stated = try #require(table[name], "\(name)")
      // Half a unit of the sixth digit, and Float's own error.
      for (a, b) in zip(stated, found) { #expect(abs(a - Double(b)) < 1e-6, "\(name): \(b), the page says \(a)") }
    }
    let whole = OneUnit()
    whole.forward(time: 2)
    for (row, name) in ["i", "f", "g", "o"].enumerated() {
      try check(name, (0..<2).map { whole.layer.sums[$0 * 4 + row] })
    }
    try check("c", (1...2).map { whole.layer.stateComponents[1].pointer[$0] })
    try check("h", (1...2).map { whole.layer.stateComponents[0].pointer[$0] })
    let loss = whole.backward(targets: [-1, 0])
    #expect(abs(loss - 0.587695) < 1e-6)
    for (row, name) in ["δi", "δf", "δg", "δo"].enumerated() {
      try check(name, (0..<2).map { whole.layer.sums[$0 * 4 + row] })
    }

    let parts = OneUnit()
    parts.forward(time: 1)
    _ = parts.backward(targets: [-1])
    #expect(parts.gradients.allSatisfy { $0 == 0 }, "nothing is scored in the first window")
    parts.pass.carryState(time: 1)
    parts.forward(time: 1)
    let carried = parts.backward(targets: [0])
    #expect(abs(carried - loss) < 1e-7, "the state's values are carried, so the loss is the same")
    for (row, name) in ["W_ii", "b_if", "W_ig", "W_hg"].enumerated() {
      try check(name, [whole.gradients[row], parts.gradients[row]])
    }
  }
}

/// One layer of one unit with one input, two tokens, and the page's weights.
private final class OneUnit {
  let layout: ParameterLayout
  let pass: WindowPass
  var layer: any RecurrentLayer { pass.stack.layers[0] }
  private let parameters: FloatBuffer
  private let gradient: FloatBuffer
  private let weights: PreparedWeights
  private let ids = IndexBuffer(count: 2)

  init() {
    let configuration = ModelConfiguration(vocabularySize: 2, embeddingSize: 1, hiddenSize: 1, layers: 1)
    layout = ParameterLayout(configuration)
    parameters = FloatBuffer(count: layout.bufferCount)
    gradient = FloatBuffer(count: layout.bufferCount)
    for (name, index, value) in [
      ("embedding.weight", 1, 1), ("rnn.weight_ih_l0", 2, 0.5 * log(3)), ("rnn.weight_hh_l0", 2, 1),
      ("rnn.bias_ih_l0", 1, log(3)), ("output.weight", 0, 1),
    ] { parameters.pointer[layout[name].offset + index] = Float(value) }
    weights = PreparedWeights(configuration, layout: layout, for: .training)
    weights.prepareAll(from: parameters.pointer, using: .best)
    pass = WindowPass(weights, maximumTime: 2, lanes: 1)
    ids.all.update(repeating: 1)
  }

  func forward(time: Int) {
    pass.forward(ids: ids.pointer, time: time, parameters: parameters.pointer)
  }

  /// The sum of the losses; a target below zero is not scored.
  func backward(targets: [Int32]) -> Double {
    var losses = [Float](repeating: 0, count: targets.count)
    pass.lossesAndGradient(
      targets: targets, scale: 1, parameters: parameters.pointer, losses: &losses, gradient: gradient.pointer)
    return losses.reduce(0) { $0 + Double($1) }
  }

  /// The gradients of W_ii, b_if, W_ig and W_hg.
  var gradients: [Float] {
    [("rnn.weight_ih_l0", 0), ("rnn.bias_ih_l0", 1), ("rnn.weight_ih_l0", 2), ("rnn.weight_hh_l0", 2)]
      .map { gradient.pointer[layout[$0.0].offset + $0.1] }
  }
}
