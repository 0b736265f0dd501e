import Foundation
import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// The steps that the page 'The LSTM family' works by hand, with the numbers of its tables.
struct LSTMFamilyExampleTests {
  static let ln3 = log(3.0)

  /// A cell's column of the first table: its model, and what is not zero beside W_ig.
  struct Column: Sendable {
    var cell: CellKind
    var values: [(role: String, [Double])]
  }

  static let columns = [
    Column(cell: .lstm1997, values: []),
    Column(cell: .lstm, values: [("bias_ih", [0, ln3, 0, 0])]),
    Column(cell: .lstmCoupled, values: [("bias_ih", [ln3, 0, 0])]),
    Column(
      cell: .lstmPeephole,
      values: [
        ("bias_ih", [0, ln3, 0, 0]), ("weight_ci", [ln3]), ("weight_cf", [-2 * ln3]), ("weight_co", [1.6 * ln3]),
      ]),
  ]

  @Test(arguments: columns)
  func aStepOfEachCell(column: Column) throws {
    let table = try Self.table("one step")
    #expect(table.rows.count == 11)
    let gates = column.cell.gateOrder
    let input = gates.map { $0 == "g" ? 0.5 * Self.ln3 : 0 }
    let step = OneStep(
      ModelConfiguration(cell: column.cell, vocabularySize: 2, embeddingSize: 1, hiddenSize: 1, layers: 1),
      tensors: [("weight_ih", input)] + column.values, cell: [1])
    var found: [String: [Float]] = [:]
    step.forward()
    for (n, gate) in gates.enumerated() { found[gate] = [step.memory.gates.pointer[n]] }
    found["c"] = step.cells
    found["h"] = step.outputs
    step.backward()
    for (n, gate) in gates.enumerated() { found["δ" + gate] = [step.memory.gates.pointer[n]] }
    found["δc_0"] = step.cellGradients
    try Self.check(found, table, column: "`\(column.cell.rawValue)`")
  }

  @Test func aStepWithAProjection() throws {
    let table = try Self.table("projected")
    #expect(table.rows.count == 13)
    let ln3 = Self.ln3
    let step = OneStep(
      ModelConfiguration(vocabularySize: 2, embeddingSize: 1, hiddenSize: 2, layers: 1, projectionSize: 1),
      tensors: [
        ("weight_ih", [0, 0, 0, 0, 0.5 * ln3, -0.5 * ln3, 0, 0]), ("bias_ih", [0, 0, ln3, ln3, 0, 0, 0, 0]),
        ("weight_hr", [1, 2]),
      ], cell: [1, 0])
    let layer = try #require(step.layer as? ProjectedLSTMLayer)
    step.forward()
    var found = step.gateRows()
    found["c"] = step.cells
    found["m"] = Array(layer.shown.all)
    #expect(abs(Double(step.outputs[0]) - 0.135878) < 1e-6)
    step.backward()
    found.merge(step.gateRows("δ")) { $1 }
    found["δm"] = Array(layer.shownGradient.all)
    found["δc_0"] = step.cellGradients
    found["δW_hr"] = step.gradient(of: "weight_hr")
    for column in 0..<2 { try Self.check(found, table, column: "cell \(column + 1)", element: column) }
  }

  @Test func aStepWithLayerNormalisation() throws {
    let table = try Self.table("normalised")
    #expect(table.rows.count == 13)
    let ln3 = Self.ln3
    let sigmoids = [Double](repeating: ln3, count: 3)
    let half = [Double](repeating: 0.5 * ln3, count: 3)
    let step = OneStep(
      ModelConfiguration(vocabularySize: 2, embeddingSize: 1, hiddenSize: 3, layers: 1, normalizesGates: true),
      tensors: [
        ("weight_ih", [-1, -1, -1, 1, 1, 1, 1, -1, 1, -1, 1, -1]), ("gain_ih", sigmoids + sigmoids + half + sigmoids),
        ("gain_hh", [Double](repeating: 1, count: 12)), ("gain_c", half),
      ], cell: [1, 0, 0])
    let layer = try #require(step.layer as? NormalizedLSTMLayer)
    step.forward()
    var found = step.gateRows()
    found["c"] = step.cells
    found["LN(c)"] = Array(layer.shown.all)
    found["h"] = step.outputs
    step.backward()
    found.merge(step.gateRows("δ")) { $1 }
    found["δc"] = Array(layer.shown.all)
    found["δc_0"] = step.cellGradients
    for column in 0..<3 { try Self.check(found, table, column: "cell \(column + 1)", element: column) }
  }

  private static func check(_ found: [String: [Float]], _ table: Table, column: String, element: Int = 0) throws {
    let place = try #require(table.columns.firstIndex(of: column), "\(column)")
    for (name, stated) in table.rows {
      guard let stated = stated[place] else {
        #expect(found[name] == nil, "\(column) has \(name), which the page says it has not")
        continue
      }
      let values = try #require(found[name], "\(column): \(name)")
      // Half a unit of the sixth digit, and Float's own error.
      #expect(abs(Double(values[element]) - stated) < 1e-6, "\(column), \(name): \(values[element])")
    }
  }

  /// A table of the page: the heads of its columns, and its rows by name; nil stands for a dash.
  private struct Table {
    var columns: [String]
    var rows: [String: [Double?]]
  }

  private static func table(_ title: String) throws -> Table {
    let path = TestCorpora.packageRoot + "/Sources/Tsuzuri/Tsuzuri.docc/TheLSTMFamily.md"
    let lines = try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: "\n")
    func cells(_ line: String) -> [String] {
      line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    let head = try #require(lines.firstIndex { $0.hasPrefix("| \(title) |") }, "\(title)")
    let rows = lines[(head + 2)...].prefix { $0.hasPrefix("|") }.map(cells)
    return Table(
      columns: Array(cells(lines[head]).dropFirst()),
      rows: Dictionary(uniqueKeysWithValues: rows.map { ($0[0], $0.dropFirst().map { Double($0) }) }))
  }
}

/// One layer at its first step, with x = 1, h_0 = 0 and an error of 1 for each h.
private final class OneStep {
  let layer: any RecurrentLayer
  private let configuration: ModelConfiguration
  private let layout: ParameterLayout
  private let parameters: FloatBuffer
  private let gradients: FloatBuffer
  private let pass: WindowPass

  init(_ configuration: ModelConfiguration, tensors: [(role: String, [Double])], cell: [Float]) {
    self.configuration = configuration
    layout = ParameterLayout(configuration)
    parameters = FloatBuffer(count: layout.bufferCount)
    gradients = FloatBuffer(count: layout.bufferCount)
    parameters.pointer[layout[ParameterName.embedding].offset + 1] = 1
    for (role, values) in tensors {
      let slice = layout[ParameterName.recurrent("rnn", role, 0)]
      precondition(slice.count == values.count, "\(role) was given \(values.count) values, expected \(slice.count)")
      for (n, value) in values.enumerated() { parameters.pointer[slice.offset + n] = Float(value) }
    }
    let weights = PreparedWeights(configuration, layout: layout, for: .training)
    weights.prepareAll(from: parameters.pointer, using: .best)
    pass = WindowPass(weights, maximumTime: 1, lanes: 1, findsStartGradients: true)
    layer = pass.stack.layers[0]
    layer.stateComponents[1].pointer.update(from: cell, count: cell.count)
  }

  func forward() {
    let ids = IndexBuffer(count: 1)
    ids.pointer[0] = 1
    pass.forward(ids: ids.pointer, time: 1, parameters: parameters.pointer)
  }

  func backward() {
    let errors = FloatBuffer(count: configuration.outputSize)
    errors.all.update(repeating: 1)
    pass.windowGradient.begin(gradients.pointer)
    layer.backward(
      time: 1, outputGradient: errors.pointer, parameters: parameters.pointer, gradient: pass.windowGradient)
    pass.windowGradient.makeProducts(part: 0, of: 1, into: gradients.pointer, adding: false)
  }

  var memory: MemoryCellWindow {
    guard let memory = (layer as? any MemoryCellLayer)?.memory ?? (layer as? NormalizedLSTMLayer)?.memory else {
      preconditionFailure("\(type(of: layer)) is no LSTM")
    }
    return memory
  }

  /// The blocks of the gates by name, with `prefix` in front.
  func gateRows(_ prefix: String = "") -> [String: [Float]] {
    let H = configuration.hiddenSize
    return Dictionary(
      uniqueKeysWithValues: configuration.cell.gateOrder.enumerated().map { n, gate in
        (prefix + gate, Array(memory.gates.all[n * H..<(n + 1) * H]))
      })
  }

  var cells: [Float] { Array(memory.c.all[configuration.hiddenSize...]) }
  var outputs: [Float] { Array(memory.h.all[configuration.outputSize...]) }
  var cellGradients: [Float] { Array(memory.cellGradient.all) }

  func gradient(of role: String) -> [Float] {
    let slice = layout[ParameterName.recurrent("rnn", role, 0)]
    return Array(gradients.all[slice.offset..<slice.offset + slice.count])
  }
}
