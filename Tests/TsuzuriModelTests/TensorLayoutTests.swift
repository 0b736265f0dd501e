import Foundation
import Testing
import _TestSupport

@testable import TsuzuriModel

/// The page 'Tensor names and layout' against the layouts themselves.
struct TensorLayoutTests {
  /// The cells with a recurrent product; those without have tables of their own on the page.
  static let cells = CellKind.allCases.filter { ![.minGRU, .minLSTM, .feedForward].contains($0) }

  /// What the page says of a cell.
  private struct StatedCell {
    var gates: [String]
    /// The names of the cell's own vectors of length H.
    var own: [String]
  }

  private static func page() throws -> String {
    let path = TestCorpora.packageRoot + "/Sources/Tsuzuri/Tsuzuri.docc/TensorNamesAndLayout.md"
    return try String(contentsOfFile: path, encoding: .utf8)
  }

  /// The shapes of the table of tensors by name, `{k}` as it stands there.
  private static func statedShapes() throws -> [String: String] {
    let rows = try page().matches(of: #/\n\| `([\w.{}]+)` \| \[([^\]]+)\] \|/#)
    return Dictionary(uniqueKeysWithValues: rows.map { (String($0.1), String($0.2)) })
  }

  /// The rows of the table of cells.
  private static func statedCells() throws -> [String: StatedCell] {
    let rows = try page().matches(of: #/\n\| `([\w-]+)` \| (\d) \| ([a-z, ]+) \| (?:(.*) \[H\] )?\|/#)
    return Dictionary(
      uniqueKeysWithValues: rows.map { row in
        let gates = row.3.split(separator: ", ").map(String.init)
        #expect(gates.count == Int(row.2), "\(row.1)")
        let own = (row.4 ?? "").split(separator: ", ").map { String($0.replacing("`", with: "")) }
        return (String(row.1), StatedCell(gates: gates, own: own))
      })
  }

  @Test func everyCellStandsOnThePage() throws {
    let stated = try Self.statedCells()
    #expect(Set(stated.keys) == Set(Self.cells.map(\.rawValue)))
    for cell in Self.cells { #expect(stated[cell.rawValue]?.gates == cell.gateOrder, "\(cell.rawValue)") }
  }

  @Test(
    arguments: TensorLayoutTests.cells,
    [
      ModelConfiguration(vocabularySize: 322), ModelConfiguration(vocabularySize: 11, embeddingSize: 3, hiddenSize: 5),
      ModelConfiguration(vocabularySize: 7, embeddingSize: 2, hiddenSize: 3, layers: 1),
      ModelConfiguration(vocabularySize: 13, embeddingSize: 4, hiddenSize: 4, layers: 3, tiesEmbeddings: true),
      ModelConfiguration(vocabularySize: 13, embeddingSize: 4, hiddenSize: 6, layers: 2, tiesEmbeddings: true),
    ])
  func everyTensorHasTheStatedNameAndShape(cell: CellKind, of shape: ModelConfiguration) throws {
    var configuration = shape
    configuration.cell = cell
    let stated = try #require(try Self.statedCells()[cell.rawValue])
    let (V, E, H) = (configuration.vocabularySize, configuration.embeddingSize, configuration.hiddenSize)
    let sizes = ["V": V, "E": E, "H": H, "G·H": stated.gates.count * H]
    let shapes = try Self.statedShapes()
    #expect(shapes.count == 9)
    var expected: [String: [Int]] = [:]
    for (name, text) in shapes {
      if name == "output.weight", configuration.tiesEmbeddings { continue }
      if name == "projection.weight", !configuration.tiesEmbeddings || E == H { continue }
      let dimensions = text.split(separator: ", ").map { sizes[String($0)] ?? -1 }
      guard name.contains("{k}") else {
        expected[name] = dimensions
        continue
      }
      // The first layer's input has a row of its own in the table.
      for layer in (name.hasPrefix("rnn.weight_ih") ? 1 : 0)..<configuration.layers {
        expected[name.replacing("{k}", with: "\(layer)")] = dimensions
      }
    }
    for layer in 0..<configuration.layers {
      for name in stated.own { expected["rnn.\(name)_l\(layer)"] = [H] }
    }
    let layout = ParameterLayout(configuration)
    #expect(Dictionary(uniqueKeysWithValues: layout.slices.map { ($0.name, $0.shape) }) == expected)
  }

  @Test(arguments: TensorLayoutTests.cells, [1, 2, 3])
  func theFormulaCountsTheParameters(cell: CellKind, layers: Int) throws {
    let stated = try #require(try Self.statedCells()[cell.rawValue])
    for isTied in [false, true] {
      let (V, E, H, G) = (17, isTied ? 6 : 5, 6, stated.gates.count)
      let configuration = ModelConfiguration(
        cell: cell, vocabularySize: V, embeddingSize: E, hiddenSize: H, layers: layers, tiesEmbeddings: isTied)
      let recurrent = G * H * (E + H + 2) + (layers - 1) * G * H * (H + H + 2) + layers * stated.own.count * H
      #expect(ParameterLayout(configuration).parameterCount == recurrent + V * E + (isTied ? 0 : V * H) + V)
    }
  }

  /// Five numbers a cell: layer 0, layer 1, embedding, output, together.
  @Test func theDefaultsHaveTheStatedNumbers() throws {
    let rows = try Self.page().matches(
      of: #/\n\| `([\w-]+)` \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|/#)
    #expect(Set(rows.map { String($0.1) }) == Set(Self.cells.map(\.rawValue)))
    for row in rows {
      let cell = try #require(CellKind(rawValue: String(row.1)))
      let layout = ParameterLayout(ModelConfiguration(cell: cell, vocabularySize: 322))
      func count(_ part: String) -> Int {
        layout.slices.filter { part.isEmpty || $0.name.hasPrefix(part) || $0.name.hasSuffix(part) }
          .reduce(0) { $0 + $1.count }
      }
      let found = [count("_l0"), count("_l1"), count("embedding."), count("output."), layout.parameterCount]
      let stated = [row.2, row.3, row.4, row.5, row.6].map { Int($0.replacing(",", with: "")) }
      #expect(found == stated, "\(cell.rawValue)")
    }
    #expect(ParameterLayout(ModelConfiguration(vocabularySize: 322)).parameterCount == 1_045_570)
  }
}
