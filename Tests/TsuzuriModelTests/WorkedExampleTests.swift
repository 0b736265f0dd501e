import Foundation
import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// The cases that the documentation's pages work by hand, with the numbers of their tables.
struct WorkedExampleTests {
  /// Rows `| name | number | number |` of a page, by name.
  private static func table(_ page: String) throws -> [String: [Double]] {
    let path = TestCorpora.packageRoot + "/Sources/Tsuzuri/Tsuzuri.docc/\(page).md"
    let rows = try String(contentsOfFile: path, encoding: .utf8)
      .matches(of: #/\n\| (\w+) \| (-?\d+\.\d{6}) \| (-?\d+\.\d{6}) \|/#)
    return Dictionary(
      uniqueKeysWithValues: rows.map { (String($0.1), [Double($0.2) ?? .nan, Double($0.3) ?? .nan]) })
  }

  /// Checks every row of a page that has two cells side by side.
  private func compare(_ page: String, _ rows: [String: [Float]]) throws {
    let table = try Self.table(page)
    #expect(Set(table.keys) == Set(rows.keys))
    for (name, found) in rows {
      let stated = try #require(table[name], "\(name)")
      #expect(stated.count == found.count)
      for (a, b) in zip(stated, found) { #expect(abs(a - Double(b)) < 1e-6, "\(name): \(b), the page says \(a)") }
    }
  }

  @Test func thePageOfGRUsStatesWhatTheLayersCompute() throws {
    let ln3: Double = log(3)
    let units = [CellKind.gru, .gruResetBefore].map { cell in
      OneUnit(cell, [("rnn.weight_ih_l0", 0, ln3), ("rnn.weight_hh_l0", 2, ln3 / 3), ("rnn.bias_hh_l0", 2, ln3 / 3)])
    }
    var rows: [String: [Float]] = [:]
    for unit in units {
      unit.layer.stateComponents[0].pointer[0] = 1
      unit.forward(time: 1)
      for (row, name) in ["r", "z", "n"].enumerated() { rows[name, default: []].append(unit.layer.sums[row]) }
      rows["h", default: []].append(unit.layer.output[0])
      rows["loss", default: []].append(Float(unit.backward(targets: [0])))
      for (row, name) in ["δr", "δz", "δn"].enumerated() { rows[name, default: []].append(unit.layer.sums[row]) }
      rows["W_hn", default: []].append(unit.gradient(of: "rnn.weight_hh_l0", 2))
      rows["b_in", default: []].append(unit.gradient(of: "rnn.bias_ih_l0", 2))
      rows["b_hn", default: []].append(unit.gradient(of: "rnn.bias_hh_l0", 2))
      rows["δh_0", default: []].append(unit.layer.startGradients[0].pointer[0])
    }
    try compare("HowAGRULearns", rows)
  }

  @Test func thePageOfPlainNetworksStatesWhatTheLayerComputes() throws {
    let units = [CellKind.rnn, .rnnReLU].map { cell in
      OneUnit(cell, [("rnn.weight_ih_l0", 0, 0.5 * log(3)), ("rnn.weight_hh_l0", 0, 0.5)])
    }
    var rows: [String: [Float]] = [:]
    for unit in units {
      unit.forward(time: 2)
      for t in 0..<2 { rows["h_\(t + 1)", default: []].append(unit.layer.output[t]) }
      rows["loss", default: []].append(Float(unit.backward(targets: [-1, 0])))
      for t in 0..<2 { rows["δs_\(t + 1)", default: []].append(unit.layer.sums[t]) }
      rows["δh_0", default: []].append(unit.layer.startGradients[0].pointer[0])
      rows["W_ih", default: []].append(unit.gradient(of: "rnn.weight_ih_l0", 0))
      rows["W_hh", default: []].append(unit.gradient(of: "rnn.weight_hh_l0", 0))
    }
    try compare("HowAPlainNetworkLearns", rows)
  }

  @Test func thePageOfLSTMsStatesWhatTheLayerComputes() throws {
    let table = try Self.table("HowAnLSTMLearns")
    #expect(table.count == 14)
    func check(_ name: String, _ found: [Float]) throws {
      let stated = try #require(table[name], "\(name)")
      // Half a unit of the sixth digit, and Float's own error.
      for (a, b) in zip(stated, found) { #expect(abs(a - Double(b)) < 1e-6, "\(name): \(b), the page says \(a)") }
    }
    let weights: [OneUnit.Weight] = [
      ("rnn.weight_ih_l0", 2, 0.5 * log(3)), ("rnn.weight_hh_l0", 2, 1), ("rnn.bias_ih_l0", 1, log(3)),
    ]
    let whole = OneUnit(.lstm, weights)
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

    let parts = OneUnit(.lstm, weights)
    parts.forward(time: 1)
    _ = parts.backward(targets: [-1])
    #expect(parts.gradient.all.allSatisfy { $0 == 0 }, "nothing is scored in the first window")
    parts.pass.carryState(time: 1)
    parts.forward(time: 1)
    let carried = parts.backward(targets: [0])
    #expect(abs(carried - loss) < 1e-7, "the state's values are carried, so the loss is the same")
    for (name, tensor, row) in [
      ("W_ii", "weight_ih", 0), ("b_if", "bias_ih", 1), ("W_ig", "weight_ih", 2), ("W_hg", "weight_hh", 2),
    ] {
      try check(name, [whole, parts].map { $0.gradient(of: "rnn.\(tensor)_l0", row) })
    }
  }
}

/// One layer of one unit with one input, two tokens, and a page's weights; x is 1, and the logits are h and 0.
private final class OneUnit {
  /// One element of a tensor that is not zero.
  typealias Weight = (tensor: String, index: Int, value: Double)

  let layout: ParameterLayout
  let pass: WindowPass
  var layer: any RecurrentLayer { pass.stack.layers[0] }
  private let parameters: FloatBuffer
  let gradient: FloatBuffer
  private let weights: PreparedWeights
  private let ids = IndexBuffer(count: 2)

  init(_ cell: CellKind, _ values: [Weight]) {
    let configuration = ModelConfiguration(cell: cell, vocabularySize: 2, embeddingSize: 1, hiddenSize: 1, layers: 1)
    layout = ParameterLayout(configuration)
    parameters = FloatBuffer(count: layout.bufferCount)
    gradient = FloatBuffer(count: layout.bufferCount)
    for (name, index, value) in values + [("embedding.weight", 1, 1), ("output.weight", 0, 1)] {
      parameters.pointer[layout[name].offset + index] = Float(value)
    }
    weights = PreparedWeights(configuration, layout: layout, for: .training)
    weights.prepareAll(from: parameters.pointer, using: .best)
    pass = WindowPass(weights, maximumTime: 2, lanes: 1, findsStartGradients: true)
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

  /// One element of a tensor's gradient.
  func gradient(of tensor: String, _ index: Int) -> Float { gradient.pointer[layout[tensor].offset + index] }
}
