import Testing

@testable import TsuzuriModel

struct ParameterInitializationTests {
  @Test(arguments: [false, true])
  func matricesFillTheirBoundsAndOnlyTheForgetBiasIsOne(isTied: Bool) throws {
    let model = try LanguageModel(
      untrained: ModelConfiguration(
        vocabularySize: 500, embeddingSize: isTied ? 48 : 27, hiddenSize: 48, layers: 3, tiesEmbeddings: isTied),
      seed: 2)
    let bounds: [String: Float] = [
      "embedding.weight": isTied ? 0.25 : 3, "rnn.weight_ih_l0": isTied ? 3 : 1 / 3,
      "rnn.weight_ih_l1": 6 / 48.0.squareRoot().asFloat, "rnn.weight_ih_l2": 6 / 48.0.squareRoot().asFloat,
      "rnn.weight_hh_l0": 1 / 48.0.squareRoot().asFloat, "output.weight": 0.25,
    ]
    for (name, bound) in bounds where !(isTied && name == "output.weight") {
      let values = model.values(of: name)
      let largest = values.map(abs).max() ?? 0
      #expect(largest <= bound && largest > 0.97 * bound, "\(name)")
      // Uniform in ±b: a variance of b² / 3.
      let variance = values.reduce(0) { $0 + $1 * $1 } / Float(values.count)
      #expect(abs(variance / (bound * bound / 3) - 1) < 0.1, "\(name)")
    }
    for layer in 0..<3 {
      let bias = model.values(of: "rnn.bias_ih_l\(layer)")
      #expect(bias.enumerated().allSatisfy { $1 == (48..<96 ~= $0 ? 1 : 0) })
      #expect(model.values(of: "rnn.bias_hh_l\(layer)").allSatisfy { $0 == 0 })
    }
  }
}

extension Double {
  fileprivate var asFloat: Float { Float(self) }
}
