import Foundation
import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// The case that the page 'Cells without a recurrent product' works by hand, with the numbers of its tables.
struct WorkedInputOnlyTests {
  /// Rows `| cell value | number | number |` of the page, by cell and value.
  private static func table() throws -> [String: [Double]] {
    let path = TestCorpora.packageRoot + "/Sources/Tsuzuri/Tsuzuri.docc/CellsWithoutARecurrentProduct.md"
    let rows = try String(contentsOfFile: path, encoding: .utf8)
      .matches(of: #/\n\| ([^|]+) \| (-?\d+\.\d{6}) \| (-?\d+\.\d{6}) \|/#)
    return Dictionary(
      uniqueKeysWithValues: rows.map { (String($0.1), [Double($0.2) ?? .nan, Double($0.3) ?? .nan]) })
  }

  /// A cell with one unit: the values of `weight_ih` and `bias_ih`, and what the page calls the sums' gradients.
  struct Unit: Sendable {
    var cell: CellKind
    var weights: [Double]
    var bias: [Double]
    var gradients: [String]
  }

  private static let ln3 = log(3.0)
  private static let units: [Unit] = [
    Unit(cell: .minGRU, weights: [0, 1], bias: [-ln3, 0], gradients: ["δz", "δn"]),
    Unit(cell: .minLSTM, weights: [0, 0, 1], bias: [ln3, -ln3, 0], gradients: ["δf", "δi", "δn"]),
    Unit(cell: .feedForward, weights: [0.5 * ln3, 0.5 * ln3], bias: [0], gradients: ["δ(W_0 x)", "δ(W_1 x)"]),
  ]

  @Test(arguments: units)
  func thePageStatesWhatTheLayersCompute(unit: Unit) throws {
    let (cell, weights, bias, gradients) = (unit.cell, unit.weights, unit.bias, unit.gradients)
    let table = try Self.table()
    #expect(table.count == 10)
    let configuration = ModelConfiguration(
      cell: cell, vocabularySize: 2, embeddingSize: 1, hiddenSize: 1, layers: 1, context: 2)
    let layout = ParameterLayout(configuration)
    let (parameters, gradient) = (FloatBuffer(count: layout.bufferCount), FloatBuffer(count: layout.bufferCount))
    func set(_ name: String, _ values: [Double]) {
      for (i, value) in values.enumerated() { parameters.pointer[layout[name].offset + i] = Float(value) }
    }
    set("embedding.weight", [0, 1])
    set("rnn.weight_ih_l0", weights)
    set("rnn.bias_ih_l0", bias)
    set("output.weight", [1, 0])
    let prepared = PreparedWeights(configuration, layout: layout, for: .training)
    prepared.prepareAll(from: parameters.pointer, using: .best)
    let pass = WindowPass(prepared, maximumTime: 2, lanes: 1)
    let layer = pass.stack.layers[0]
    let ids = IndexBuffer(count: 2)
    ids.all.update(repeating: 1)
    pass.forward(ids: ids.pointer, time: 2, parameters: parameters.pointer)
    func check(_ name: String, _ found: [Float]) throws {
      let stated = try #require(table["\(cell.rawValue) \(name)"], "\(name)")
      // Half a unit of the sixth digit, and Float's own error.
      for (a, b) in zip(stated, found) { #expect(abs(a - Double(b)) < 1e-6, "\(name): \(b), the page says \(a)") }
    }
    try check("h", (0..<2).map { layer.output[$0] })
    var losses: [Float] = [0, 0]
    pass.lossesAndGradient(
      targets: [-1, 0], scale: 1, parameters: parameters.pointer, losses: &losses, gradient: gradient.pointer)
    for (row, name) in gradients.enumerated() {
      try check(name, (0..<2).map { layer.sums[$0 * gradients.count + row] })
    }
  }
}
