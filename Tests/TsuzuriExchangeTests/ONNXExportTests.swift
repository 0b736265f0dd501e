import Foundation
import SwiftProtobuf
import Testing
import TsuzuriModel
import TsuzuriModelFolder
import TsuzuriText
import _TestSupport

@testable import TsuzuriExchange

struct ONNXExportTests {
  /// Every model that ONNX has operators for, all sizes different.
  static let configurations: [ModelConfiguration] = [
    ModelConfiguration(cell: .lstm, vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 1),
    ModelConfiguration(cell: .lstm, vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 3),
    ModelConfiguration(
      cell: .lstm, vocabularySize: 257, embeddingSize: 6, hiddenSize: 6, layers: 2, tiesEmbeddings: true),
    ModelConfiguration(
      cell: .lstm, vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 2, tiesEmbeddings: true),
    ModelConfiguration(cell: .lstm1997, vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 2),
    ModelConfiguration(cell: .lstmPeephole, vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 2),
    ModelConfiguration(cell: .lstmCoupled, vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 2),
    ModelConfiguration(cell: .gru, vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 2),
    ModelConfiguration(cell: .gruResetBefore, vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 2),
    ModelConfiguration(cell: .rnn, vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 2),
    ModelConfiguration(cell: .rnnReLU, vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 2),
  ]

  /// The file as a reader finds it.
  private static func written(_ model: TextModel) throws -> ONNXModel {
    let folder = try TestFolder()
    try ONNXExport(model, version: "1.2.3").write(to: folder["model.onnx"])
    return try ONNXModel(serializedBytes: try folder.bytes("model.onnx"))
  }

  @Test(arguments: configurations)
  func theGraphComputesTheModelsLogitsAndState(_ configuration: ModelConfiguration) throws {
    let model = try SmallModels.text(configuration)
    let file = try Self.written(model)
    let ids: [[Int32]] = [[0, 66, 201, 5], [8, 256, 1, 66]]
    let state = SmallModels.state(configuration, lanes: 2)
    let expected = try SmallModels.logits(of: model.model, ids: ids, state: state)

    var inputs = ["input_ids": PlainTensor([2, 4], ids.flatMap { $0.map(Double.init) })]
    for (name, tensor) in Self.tensors(of: state, configuration) { inputs["state_\(name)"] = tensor }
    let results = PlainONNX(graph: file.graph).run(inputs)

    let logits = try #require(results["logits"])
    #expect(logits.shape == [2, 4, configuration.vocabularySize])
    #expect(Self.largestDifference(logits.values, expected.logits) < 2e-5)
    for (name, tensor) in Self.tensors(of: expected.state, configuration) {
      let found = try #require(results["new_state_\(name)"])
      #expect(found.shape == tensor.shape)
      #expect(Self.largestDifference(found.values, tensor.values.map { Float($0) }) < 2e-6)
    }
    #expect(Set(file.graph.input.map(\.name)) == Set(inputs.keys))
    #expect(Set(file.graph.output.map(\.name)).isSubset(of: results.keys))
  }

  @Test func theFileSaysWhatGoesInAndComesOut() throws {
    let file = try Self.written(SmallModels.text(Self.configurations[1]))
    func line(_ value: ONNXValue) -> String {
      let sizes = value.type.tensorType.shape.dim.map { dimension in
        switch dimension.size {
        case .fixed(let size): "\(size)"
        case .named(let name): name
        case nil: "?"
        }
      }
      return "\(value.name) \(value.type.tensorType.elemType) \(sizes.joined(separator: ","))"
    }
    #expect(
      file.graph.input.map(line) == ["input_ids 7 batch,time", "state_h 1 3,batch,7", "state_c 1 3,batch,7"])
    #expect(
      file.graph.output.map(line) == [
        "logits 1 batch,time,257", "new_state_h 1 3,batch,7", "new_state_c 1 3,batch,7",
      ])
  }

  @Test func theFileSaysWhoMadeItAndHowTextBecomesTokens() throws {
    let model = try SmallModels.text(Self.configurations[0])
    let file = try Self.written(model)
    #expect(file.producerName == "tsuzuri")
    #expect(file.producerVersion == "1.2.3")
    #expect(file.irVersion == 8)
    #expect(file.opsetImport.map(\.version) == [17])
    #expect(file.opsetImport.map(\.domain) == [""])
    let properties = Dictionary(uniqueKeysWithValues: file.metadataProps.map { ($0.key, $0.value) })
    #expect(properties["level"] == "byte")
    #expect(properties["cell"] == "lstm")
    let vocabulary = try #require(properties["vocabulary"])
    #expect(Array(vocabulary.utf8) == model.tokenizer.vocabulary.fileContent)
  }

  /// A second look without the graph: a gate's rows stand where ONNX's order has them.
  @Test func theGatesStandInTheOrderOfONNX() throws {
    let model = try SmallModels.text(Self.configurations[1])
    let file = try Self.written(model)
    let weights = try #require(file.graph.initializer.first { $0.name == "rnn.R_l2" })
    #expect(weights.dims == [1, 28, 7])
    let ours = model.model.values(of: "rnn.weight_hh_l2").map(Double.init)
    let block = { (gate: Int) in Array(ours[gate * 49..<(gate + 1) * 49]) }
    // i, o, f, c of our i, f, g, o.
    #expect(PlainONNX.tensor(weights).values == block(0) + block(3) + block(1) + block(2))
  }

  @Test func whatHasNoOperatorIsRefusedWithTheReason() throws {
    var configuration = ModelConfiguration(
      vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 2, projectionSize: 3)
    let projected = try SmallModels.text(configuration)
    let error = #expect(throws: ExchangeError.self) { try ONNXExport(projected) }
    #expect(
      error?.description
        == "ONNX cannot hold a projected LSTM: its operator LSTM gives its state as it is, without a projection. "
        + "Export it with '--format pytorch'.")
    configuration = ModelConfiguration(
      vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 2, normalizesGates: true)
    let normalized = try SmallModels.text(configuration)
    let other = #expect(throws: ExchangeError.self) { try ONNXExport(normalized) }
    #expect(
      other?.description
        == "ONNX cannot hold an LSTM with normalised gates: its operator LSTM has no place for a normalisation. "
        + "Use tsuzuri itself to compute it.")
  }

  @Test func weightsThatNoFileCanHoldAreRefused() {
    #expect(
      "\(ExchangeError.tooLarge(path: "m.onnx", bytes: 3_000_000_000, limit: 2_147_483_647))"
        == "m.onnx: the weights alone are 3000000000 bytes, but a file of this format ends at 2147483647. "
        + "Export with '--format pytorch', which has no such bound.")
  }

  private static func largestDifference(_ a: [Double], _ b: [Float]) -> Double {
    precondition(a.count == b.count, "\(a.count) values and \(b.count)")
    return zip(a, b).map { abs($0 - Double($1)) }.worst() ?? 0
  }

  /// The state's components as the graph has them: [layers, batch, width].
  private static func tensors(
    of state: RecurrentState, _ configuration: ModelConfiguration
  ) -> [(String, PlainTensor)] {
    let components = state.widths.count / configuration.layers
    return (0..<components).map { component in
      var values: [Float] = []
      for layer in 0..<configuration.layers {
        let n = layer * components + component
        let start = state.offset(component: n, lane: 0)
        values += state.values[start..<start + state.lanes * state.widths[n]]
      }
      return (
        ["h", "c"][component],
        PlainTensor([configuration.layers, state.lanes, state.widths[component]], values.map(Double.init))
      )
    }
  }
}
