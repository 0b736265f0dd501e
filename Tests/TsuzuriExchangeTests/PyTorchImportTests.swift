import Foundation
import Testing
import TsuzuriArchive
import TsuzuriModel
import TsuzuriModelFolder
import TsuzuriText
import _TestSupport

@testable import TsuzuriExchange

struct PyTorchImportTests {
  let folder: TestFolder

  init() throws { folder = try TestFolder() }

  /// Eleven tokens of a model of characters, <eos> among them, but no bytes.
  private func characters() throws -> TokenList {
    try TokenList(contentsOf: folder.write("characters.txt", "a\nb\n<eos>\nc\n猫\nd\ne\n\\n\nf\ng\n<unk>\n"))
  }

  private func imported(
    _ file: TorchFile, prefixes: PyTorchImport.Prefixes = .init(), kind: Vocabulary.Kind = .closed,
    cell: CellKind? = nil
  ) throws -> PyTorchImport {
    try PyTorchImport(
      weightsAt: file.write(to: folder), tokens: characters(), kind: kind, prefixes: prefixes, cell: cell)
  }

  @Test func linesThatAreOneTokenAreNamed() throws {
    func message(_ lines: String, _ kind: Vocabulary.Kind) throws -> String {
      let list = try TokenList(contentsOf: folder.write("t.txt", lines))
      return "\(try #require(#expect(throws: VocabularyError.self) { try list.vocabulary(kind) }))"
    }
    let rebuild = "Rebuild it with 'tsuzuri vocabulary build'."
    #expect(
      try message("a\n<eos>\n\\<eos>\n", .closed)
        == "\(folder["t.txt"]), line 3: the token \\<eos> stands twice (first on line 2). \(rebuild)")
    #expect(
      try message("\\<unk>\n<unk>\n", .spelling)
        == "\(folder["t.txt"]), line 2: the token <unk> stands twice (first on line 1). \(rebuild)")
    #expect(
      try message("<0x41>\nb\n\\<0x41>\n", .closed)
        == "\(folder["t.txt"]), line 3: the token \\<0x41> stands twice (first on line 1). \(rebuild)")
    // Among words, a word that reads <unk> is that token; two spellings of が are two.
    let (vocabulary, rows) = try TokenList(contentsOf: folder.write("t.txt", "\\<unk>\nか\u{3099}\nが\n"))
      .vocabulary(.closed)
    #expect(vocabulary.count == 4 && rows == [nil, 0, 1, 2])
  }

  @Test func tensorsWithoutElementsCanClaimAnySize() throws {
    var writer = SafetensorsWriter()
    let wide = 1 << 58
    for (name, shape) in [
      ("encoder.weight", [11, 0]), ("rnn.weight_ih_l0", [4 * wide, 0]), ("rnn.weight_hh_l0", [4 * wide, 0]),
      ("rnn.weight_hr_l0", [0, wide]), ("decoder.weight", [11, 0]),
    ] { writer.add(name, type: .float32, shape: shape, bytes: []) }
    writer.add("decoder.bias", shape: [11], floats: [Float](repeating: 0, count: 11))
    let path = folder["wide.safetensors"]
    try writer.write(to: path)
    let error = #expect(throws: ExchangeError.self) {
      try PyTorchImport(weightsAt: path, tokens: characters(), kind: .closed)
    }
    #expect(
      "\(try #require(error))"
        == "\(path): the shapes of its tensors are those of no model: the model's embedding size: "
        + "expected 1 to 1000000, found 0. Check that the file is whole.")
  }

  @Test func anExportedModelComesBackAsItWas() throws {
    let projected = ModelConfiguration(
      vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 2, projectionSize: 3)
    for configuration in ONNXExportTests.configurations + [projected]
    where [.lstm, .gru, .rnn, .rnnReLU].contains(configuration.cell) {
      let model = try SmallModels.text(configuration)
      try PyTorchExport(model).write(to: folder["out"])
      let again = try PyTorchImport(
        weightsAt: folder["out/model.safetensors"], tokens: TokenList(contentsOf: folder["out/vocabulary.txt"]),
        kind: .spelling, cell: configuration.cell == .rnnReLU ? .rnnReLU : nil)
      #expect(again.model.configuration == configuration)
      #expect(again.vocabulary.fileContent == model.tokenizer.vocabulary.fileContent)
      for slice in model.model.layout.slices {
        #expect(again.model.values(of: slice.name) == model.model.values(of: slice.name), "\(slice.name)")
      }
    }
  }

  @Test func anLSTMIsFoundWhateverItsModulesAreCalled() throws {
    let file = TorchFile(gates: 4, stack: "module.body.lstm.", encoder: "embed.", decoder: "head.")
    let model = try imported(file).model
    #expect(
      model.configuration
        == ModelConfiguration(cell: .lstm, vocabularySize: 11, embeddingSize: 5, hiddenSize: 7, layers: 2))
    for (ours, theirs) in [
      ("rnn.weight_ih_l0", "module.body.lstm.weight_ih_l0"), ("rnn.bias_hh_l1", "module.body.lstm.bias_hh_l1"),
    ] {
      #expect(model.values(of: ours) == file.values(of: theirs))
    }
  }

  /// <eos> stands on the third line, <unk> on the last: here they are 0 and 1.
  @Test func rowsAreMatchedWithTokensByTheirText() throws {
    let file = TorchFile(gates: 4)
    let result = try imported(file)
    let order = [2, 10, 0, 1, 3, 4, 5, 6, 7, 8, 9]
    let (weights, bias) = (file.values(of: "encoder.weight"), file.values(of: "decoder.bias"))
    #expect(result.model.values(of: "embedding.weight") == order.flatMap { weights[$0 * 5..<($0 + 1) * 5] })
    #expect(result.model.values(of: "output.bias") == order.map { bias[$0] })
    #expect(result.vocabulary.id(of: "猫") == 5)
    #expect(result.vocabulary.id(of: "\n") == 8)
    #expect(result.notes == [])
  }

  @Test func tokensThatTheModelLacksAreAsGoodAsNeverPredicted() throws {
    let file = TorchFile(gates: 4)
    let result = try imported(file, kind: .spelling)
    // 256 bytes were not there; <unk> is an ordinary text beside them.
    #expect(result.model.configuration.vocabularySize == 267)
    #expect(result.vocabulary.id(of: "<unk>") == 266)
    #expect(
      result.notes == [
        "\(folder["characters.txt"]) lacks 256 special tokens (<eos> and the 256 bytes): they are added, as good as never "
          + "predicted."
      ])
    let session = InferenceSession(model: result.model)
    try session.feed([result.vocabulary.id(of: "猫") ?? 0])
    let total = session.logits.reduce(0) { $0 + exp(Double($1)) }
    let bytes = session.logits[1...256].reduce(0) { $0 + exp(Double($1)) }
    #expect(bytes / total < 1e-5)
  }

  @Test(arguments: [TensorType.float64, .float16, .bfloat16])
  func otherPrecisionsBecomeSingle(_ type: TensorType) throws {
    var file = TorchFile(gates: 4)
    let expected = try imported(file).model
    file.type = type
    let found = try imported(file).model
    for slice in expected.layout.slices {
      for (a, b) in zip(found.values(of: slice.name), expected.values(of: slice.name)) {
        #expect(abs(a - b) <= (type == .bfloat16 ? 1.0 / 128 : 0), "\(slice.name)")
      }
    }
  }

  @Test(arguments: [Float.nan, .infinity])
  func aValueThatIsNoNumberIsNamedByItsTensor(value: Float) throws {
    let archive = try SafetensorsFile(path: TorchFile(gates: 4).write(to: folder))
    for name in archive.tensors.map(\.name) {
      var writer = SafetensorsWriter(metadata: ["format": "pt"])
      for tensor in archive.tensors {
        var values = try archive.floats(of: tensor.name, shape: tensor.shape)
        if tensor.name == name { values[values.count - 1] = value }
        writer.add(tensor.name, shape: tensor.shape, floats: values)
      }
      let path = folder["poisoned.safetensors"]
      try writer.write(to: path)
      let error = #expect(throws: ExchangeError.self) {
        _ = try PyTorchImport(weightsAt: path, tokens: characters(), kind: .closed)
      }
      #expect(error == .notFinite(path: path, name: name))
    }
  }

  @Test func aMissingOutputMatrixMeansTied() throws {
    let file = TorchFile(gates: 4, embedding: 7).without { $0 == "decoder.weight" }
    let result = try imported(file)
    #expect(result.model.configuration.tiesEmbeddings)
    #expect(result.notes == ["there is no output matrix beside encoder.weight: the two are one, tied."])
    // safetensors keeps one name of a shared tensor, and that may be the decoder's.
    let other = try imported(TorchFile(gates: 4, embedding: 7).without { $0 == "encoder.weight" })
    #expect(other.model.configuration.tiesEmbeddings)
  }

  /// A matrix that our layout has no place for is not left out in silence.
  @Test func aProjectionToAWidthThatIsThereAlreadyIsRefused() throws {
    let tied = TorchFile(gates: 4, embedding: 7).without { $0 == "decoder.weight" }
    let error = #expect(throws: ExchangeError.self) { _ = try imported(tied.with("projection.weight", [7, 7])) }
    #expect(error == .unexpectedTensors(path: folder["torch.safetensors"], names: ["projection.weight"]))
    let narrow = TorchFile(gates: 4).without { $0 == "decoder.weight" }
    #expect(try imported(narrow.with("projection.weight", [5, 7])).model.configuration.projectsFeatures)
  }

  @Test func equalMatricesAreTied() throws {
    var file = TorchFile(gates: 4, tokens: 11, embedding: 7)
    // The values depend on the place in the list, modulo 127.
    file.tensors.removeAll { $0.name == "decoder.weight" }
    let result = try imported(file)
    var writer = SafetensorsWriter()
    for tensor in file.tensors { writer.add(tensor.name, shape: tensor.shape, floats: file.values(of: tensor.name)) }
    writer.add("decoder.weight", shape: [11, 7], floats: file.values(of: "encoder.weight"))
    try writer.write(to: folder["equal.safetensors"])
    let equal = try PyTorchImport(
      weightsAt: folder["equal.safetensors"], tokens: characters(), kind: .closed)
    #expect(equal.model.configuration == result.model.configuration)
    #expect(
      equal.notes == ["decoder.weight and encoder.weight are equal: they are one matrix from here on, tied."])
  }

  @Test func biasesThatAreNotThereAreZero() throws {
    let result = try imported(TorchFile(gates: 4).without { $0.contains("bias") })
    #expect(result.model.values(of: "rnn.bias_ih_l1") == [Float](repeating: 0, count: 28))
    #expect(result.model.values(of: "output.bias") == [Float](repeating: 0, count: 11))
    #expect(result.notes == ["the stack has no biases: they begin at zero."])
  }

  @Test func prefixesDecideWhatShapesDoNot() throws {
    let file = TorchFile(gates: 4, embedding: 7).without { $0 == "decoder.bias" }
    let error = #expect(throws: ExchangeError.self) { try imported(file) }
    #expect(
      error
        == .undecided(
          path: folder["torch.safetensors"], part: "the embedding", option: "--embedding-prefix",
          candidates: ["encoder.weight", "decoder.weight"]))
    let model = try imported(file, prefixes: .init(embedding: "encoder", output: "decoder.")).model
    #expect(model.values(of: "output.weight").count == 77)
    #expect(!model.configuration.tiesEmbeddings)
  }
}
