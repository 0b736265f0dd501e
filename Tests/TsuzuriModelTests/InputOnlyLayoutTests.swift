import Foundation
import Testing
import _TestSupport

@testable import TsuzuriModel

/// The page 'Tensor names and layout' against the layout of the cells without a recurrent product.
struct InputOnlyLayoutTests {
  /// A row of the page's table.
  private struct Row {
    var name, shape, gates: String
  }

  private static func rows(of cell: CellKind) throws -> [Row] {
    let path = TestCorpora.packageRoot + "/Sources/Tsuzuri/Tsuzuri.docc/TensorNamesAndLayout.md"
    return try String(contentsOfFile: path, encoding: .utf8)
      .matches(of: #/\n\| ([a-z-]+) \| `([\w.{}]+)` \| \[([^\]]+)\] \| ([a-z, ]+) \|/#)
      .filter { $0.1 == cell.rawValue }
      .map { Row(name: String($0.2), shape: String($0.3), gates: String($0.4)) }
  }

  @Test(arguments: [CellKind.minGRU, .minLSTM, .feedForward], [1, 3])
  func everyTensorHasTheStatedNameAndShape(cell: CellKind, layers: Int) throws {
    let (V, E, H, N) = (11, 3, 5, 4)
    let configuration = ModelConfiguration(
      cell: cell, vocabularySize: V, embeddingSize: E, hiddenSize: H, layers: layers, context: N)
    let sizes = ["E": E, "H": H, "2H": 2 * H, "3H": 3 * H, "N·H": N * H]
    let rows = try Self.rows(of: cell)
    #expect(rows.count == 3)
    var expected = ["embedding.weight": [V, E], "output.weight": [V, H], "output.bias": [V]]
    for row in rows {
      #expect(row.gates == cell.gateOrder.joined(separator: ", "))
      let shape = row.shape.split(separator: ", ").map { sizes[String($0)] ?? -1 }
      guard row.name.contains("{k}") else {
        expected[row.name] = shape
        continue
      }
      // The first layer's input has a row of its own in the table.
      for layer in (row.name.hasPrefix("rnn.weight_ih") ? 1 : 0)..<layers {
        expected[row.name.replacing("{k}", with: "\(layer)")] = shape
      }
    }
    let layout = ParameterLayout(configuration)
    #expect(Dictionary(uniqueKeysWithValues: layout.slices.map { ($0.name, $0.shape) }) == expected)
    let counts: [CellKind: Int] = [
      .minGRU: 2 * H * (E + 1) + (layers - 1) * 2 * H * (H + 1),
      .minLSTM: 3 * H * (E + 1) + (layers - 1) * 3 * H * (H + 1),
      .feedForward: H * (N * E + 1) + (layers - 1) * H * (H + 1),
    ]
    #expect(layout.parameterCount == counts[cell].map { $0 + V * E + V * H + V })
  }

  /// Each layer's sums start with a variance that does not grow with its depth or with the context.
  @Test(arguments: [CellKind.minGRU, .minLSTM, .feedForward], [false, true])
  func matricesFillTheirBounds(cell: CellKind, isTied: Bool) throws {
    let (E, H, N) = (48, 48, cell == .feedForward ? 3 : 1)
    let model = try LanguageModel(
      untrained: ModelConfiguration(
        cell: cell, vocabularySize: 500, embeddingSize: E, hiddenSize: H, layers: 3, tiesEmbeddings: isTied, context: 3),
      seed: 2)
    // A tied embedding's variance is 1 / E, another's 3; N products stand in one sum.
    let first = isTied ? (9 / Double(N)).squareRoot() : (3 / Double(N * E)).squareRoot()
    for (layer, bound) in [first, 3 / Double(H).squareRoot(), 3 / Double(H).squareRoot()].enumerated() {
      let largest = model.values(of: "rnn.weight_ih_l\(layer)").map(abs).max() ?? 0
      #expect(Double(largest) <= bound * 1.000001 && Double(largest) > 0.97 * bound, "layer \(layer)")
      let bias = model.values(of: "rnn.bias_ih_l\(layer)")
      #expect(bias.enumerated().allSatisfy { $1 == (cell == .minLSTM && $0 < H ? 1 : 0) })
    }
  }
}
