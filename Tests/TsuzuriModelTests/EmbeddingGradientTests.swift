import Testing
import TsuzuriKernels

@testable import TsuzuriModel

/// The rows of the tokens that a step has read, against the whole matrix's gradient.
struct EmbeddingGradientTests {
  /// Twice, so that tokens of the first step must be forgotten. Few distinct tokens go by the look-up, many do not.
  @Test(arguments: [false, true], [1, 2, 3])
  func rowsAreThoseOfTheWholeMatrix(isBidirectional: Bool, parts: Int) throws {
    let (V, E, T, B) = (211, 6, 17, 3)
    let configuration = ModelConfiguration(
      vocabularySize: V, embeddingSize: E, hiddenSize: 5, layers: 1, isBidirectional: isBidirectional)
    let weights = PreparedWeights(configuration, layout: ParameterLayout(configuration), for: .training)
    let parameters = FloatBuffer(count: weights.layout.bufferCount)
    for i in 0..<parameters.count { parameters.pointer[i] = Float(i * 7919 % 1013) / 900 - 0.5 }
    weights.prepareAll(from: parameters.pointer, using: .best)
    let passes = (0..<2).map { _ in weights.makeTrainingPass(maximumTime: T, lanes: B) }
    let texts = (0..<2).map { _ in (ids: IndexBuffer(count: T * B), targets: IndexBuffer(count: T * B)) }
    let found = EmbeddingGradient(configuration, passes: passes, maximumRows: 2 * T * B)
    // The last window is of one step, which the backward stack does not read.
    for (distinct, time) in [(9, T), (203, T), (14, 11), (5, 1)] {
      var whole = [Float](repeating: 0, count: V * E)
      var read: Set<Int32> = []
      for (number, pass) in passes.enumerated() {
        let (ids, targets) = texts[number]
        for i in 0..<T * B {
          ids.pointer[i] = Int32((i * 37 + number * 3) % distinct)
          targets.pointer[i] = Int32((i * 41 + number) % distinct)
        }
        let gradient = FloatBuffer(count: weights.layout.bufferCount)
        var losses = [Float](repeating: 0, count: T * B)
        pass.forward(
          inputs: ids.pointer, following: targets.pointer, time: time, parameters: parameters.pointer, dropout: nil)
        pass.lossesAndGradient(
          targets: targets.pointer, scale: 0.1, parameters: parameters.pointer, losses: &losses,
          gradient: gradient.pointer)
        for i in whole.indices { whole[i] += gradient.pointer[i] }
        read.formUnion((0..<time * B).map { ids.pointer[$0] })
        if isBidirectional, time > 1 { read.formUnion((B..<time * B).map { targets.pointer[$0] }) }
      }
      found.collect()
      for part in 0..<parts { found.sum(part: part, of: parts, using: .best) }
      #expect(found.count == read.count)
      let tied = FloatBuffer(count: V * E)
      for part in 0..<parts { found.add(part: part, of: parts, to: tied.pointer, using: .best) }
      for id in 0..<V {
        let row = found.row(ofToken: id)
        #expect((row != nil) == read.contains(Int32(id)))
        for e in 0..<E {
          #expect(abs((row?[e] ?? 0) - whole[id * E + e]) < 1e-6)
          #expect(tied.pointer[id * E + e] == row?[e] ?? 0)
        }
      }
    }
  }
}
