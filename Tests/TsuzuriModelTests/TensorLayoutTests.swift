import Foundation
import Testing
import _TestSupport

@testable import TsuzuriModel

/// The page 'Tensor names and layout' against the layout itself.
struct TensorLayoutTests {
  /// The shapes of the page's table by name, `{k}` as it stands there.
  private static func statedShapes() throws -> [String: String] {
    let path = TestCorpora.packageRoot + "/Sources/Tsuzuri/Tsuzuri.docc/TensorNamesAndLayout.md"
    let rows = try String(contentsOfFile: path, encoding: .utf8).matches(of: #/\n\| `([\w.{}]+)` \| \[([^\]]+)\] \|/#)
    return Dictionary(uniqueKeysWithValues: rows.map { (String($0.1), String($0.2)) })
  }

  @Test(arguments: [
    ModelConfiguration(vocabularySize: 322), ModelConfiguration(vocabularySize: 11, embeddingSize: 3, hiddenSize: 5),
    ModelConfiguration(vocabularySize: 7, embeddingSize: 2, hiddenSize: 3, layers: 1),
    ModelConfiguration(vocabularySize: 13, embeddingSize: 4, hiddenSize: 4, layers: 3, tiesEmbeddings: true),
  ])
  func everyTensorHasTheStatedNameAndShape(configuration: ModelConfiguration) throws {
    let (V, E, H) = (configuration.vocabularySize, configuration.embeddingSize, configuration.hiddenSize)
    let sizes = ["V": V, "E": E, "H": H, "4H": 4 * H]
    let stated = try Self.statedShapes()
    #expect(stated.count == 8)
    func shape(_ text: String) -> [Int] { text.split(separator: ", ").map { sizes[String($0)] ?? -1 } }
    var expected: [String: [Int]] = [:]
    for (name, text) in stated {
      if name == "output.weight", configuration.tiesEmbeddings { continue }
      guard name.contains("{k}") else {
        expected[name] = shape(text)
        continue
      }
      // The first layer's input has a row of its own in the table.
      for layer in (name.hasPrefix("rnn.weight_ih") ? 1 : 0)..<configuration.layers {
        expected[name.replacing("{k}", with: "\(layer)")] = shape(text)
      }
    }
    let layout = ParameterLayout(configuration)
    #expect(Dictionary(uniqueKeysWithValues: layout.slices.map { ($0.name, $0.shape) }) == expected)
  }

  @Test(arguments: [1, 2, 3], [false, true])
  func theFormulaCountsTheParameters(layers: Int, tied: Bool) {
    let (V, E, H) = (17, tied ? 6 : 5, 6)
    let configuration = ModelConfiguration(
      vocabularySize: V, embeddingSize: E, hiddenSize: H, layers: layers, tiesEmbeddings: tied)
    let recurrent = 4 * H * (E + H + 2) + (layers - 1) * 4 * H * (H + H + 2)
    #expect(ParameterLayout(configuration).parameterCount == recurrent + V * E + (tied ? 0 : V * H) + V)
  }

  @Test func theDefaultsHaveTheStatedNumber() {
    #expect(ParameterLayout(ModelConfiguration(vocabularySize: 322)).parameterCount == 1_045_570)
    #expect(CellKind.lstm.gateOrder == ["i", "f", "g", "o"])
  }
}
