import Foundation
import Testing
import TsuzuriModel

@testable import TsuzuriTraining

struct InitialWeightsTests {
  private let sample = TrainerTests()

  /// Everything, biases of the forget gate and of the output included, as Zaremba's recipe has it.
  @Test func uniformWeightsFillTheirBounds() throws {
    var options = sample.options
    options.initialWeights = .uniform(bound: 0.1)
    let model = try Trainer(text: sample.text, model: sample.model, configuration: options).currentModel
    for slice in model.layout.slices {
      let values = model.values(of: slice.name)
      #expect(values.allSatisfy { abs($0) <= 0.1 }, "\(slice.name)")
      #expect((values.max() ?? 0) > 0.05 && (values.min() ?? 0) < -0.05, "\(slice.name)")
    }
    let embedding = model.values(of: "embedding.weight")
    let mean = embedding.reduce(0) { $0 + Double($1) } / Double(embedding.count)
    let square = embedding.reduce(0) { $0 + Double($1 * $1) } / Double(embedding.count)
    // 1,285 values: their mean deviates by 0.0016, their variance of 0.1² / 3 by 2.5 %.
    #expect(abs(mean) < 0.006 && abs(square - 0.01 / 3) < 0.1 * 0.01 / 3)
  }

  /// Embedding and output within ±0.1, everything else within ±1/√H; nothing but the output's bias is left at zero.
  @Test(arguments: [false, true])
  func theWeightsOfTheAWDLSTMFillTheirBounds(isTied: Bool) throws {
    var (options, shape) = (sample.options, sample.model)
    options.initialWeights = .awdLSTM
    (shape.tiesEmbeddings, shape.hiddenSize, shape.embeddingSize) = (isTied, 16, 9)
    let model = try Trainer(text: sample.text, model: shape, configuration: options).currentModel
    let names = model.layout.slices.map(\.name)
    #expect(names.contains("projection.weight") == isTied && names.contains("output.weight") != isTied)
    for name in names {
      let values = model.values(of: name)
      if name == "output.bias" {
        #expect(values.allSatisfy { $0 == 0 })
        continue
      }
      let bound: Float = ["embedding.weight", "output.weight"].contains(name) ? 0.1 : 0.25
      #expect(values.allSatisfy { abs($0) <= bound }, "\(name)")
      #expect((values.max() ?? 0) > 0.9 * bound && (values.min() ?? 0) < -0.9 * bound, "\(name)")
    }
  }

  @Test func gainsOfNormalisationStayOne() throws {
    var (options, shape) = (sample.options, sample.model)
    options.initialWeights = .uniform(bound: 0.1)
    shape.normalizesGates = true
    let model = try Trainer(text: sample.text, model: shape, configuration: options).currentModel
    let gains = model.layout.slices.map(\.name).filter { $0.contains("gain") }
    #expect(gains.count == 6)
    for name in gains { #expect(model.values(of: name).allSatisfy { $0 == 1 }, "\(name)") }
  }

  @Test func theTextOfTheOptionComesBack() throws {
    #expect(InitialWeights("standard") == .standard)
    #expect(InitialWeights("awd-lstm") == .awdLSTM)
    #expect(InitialWeights("uniform:0.1") == .uniform(bound: 0.1))
    for text in ["", "uniform", "uniform:", "uniform:0", "uniform:-1", "uniform:inf", "uniform:nan", "normal:0.1"] {
      #expect(InitialWeights(text) == nil, "\(text)")
    }
    for weights in [InitialWeights.standard, .uniform(bound: 0.05), .awdLSTM] {
      #expect(InitialWeights(weights.description) == weights)
      #expect(try JSONDecoder().decode([InitialWeights].self, from: JSONEncoder().encode([weights])) == [weights])
    }
  }
}
