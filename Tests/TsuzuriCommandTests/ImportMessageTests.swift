import Testing
import TsuzuriArchive
import _TestSupport

/// Whole messages of `tsuzuri import` and `export`.
struct ImportMessageTests {
  let folder: TestFolder

  init() throws {
    folder = try TestFolder()
    try folder.write("tokens.txt", "<eos>\n<unk>\na\nb\nc\n")
  }

  /// Tensors of ones, by name and shape.
  private typealias Tensors = [(String, [Int])]

  /// An LSTM of one layer: 5 tokens, E = 2, H = 3.
  private static let lstm: Tensors = [
    ("encoder.weight", [5, 2]), ("rnn.weight_ih_l0", [12, 2]), ("rnn.weight_hh_l0", [12, 3]), ("rnn.bias_ih_l0", [12]),
    ("rnn.bias_hh_l0", [12]), ("decoder.weight", [5, 3]), ("decoder.bias", [5]),
  ]

  /// The same with other shapes, more tensors, or fewer: an empty shape takes one away.
  private static func changed(_ changes: Tensors) -> Tensors {
    var tensors = lstm
    for (name, shape) in changes {
      if let index = tensors.firstIndex(where: { $0.0 == name }) { tensors.remove(at: index) }
      if !shape.isEmpty { tensors.append((name, shape)) }
    }
    return tensors
  }

  private func message(
    _ tensors: Tensors, _ arguments: [String] = [], type: TensorType = .float32, status: Int32 = 1
  ) throws -> String {
    var writer = SafetensorsWriter(metadata: ["format": "pt"])
    for (name, shape) in tensors {
      let one: [UInt8] = type == .float32 ? [0, 0, 0x80, 0x3F] : [1] + [UInt8](repeating: 0, count: type.byteCount - 1)
      let bytes = [[UInt8]](repeating: one, count: shape.reduce(1, *)).flatMap { $0 }
      writer.add(name, type: type, shape: shape, bytes: bytes)
    }
    try writer.write(to: folder["torch.safetensors"])
    let outcome = try TestCommand().run(
      ["import", "torch.safetensors", "--vocabulary", "tokens.txt", "--level", "whitespace", "--quiet"] + arguments,
      in: folder)
    #expect(outcome.status == status)
    #expect(outcome.output == "")
    return String(outcome.errors.prefix { $0 != "\n" })
  }

  @Test func aStateWithoutARecurrentStack() throws {
    #expect(
      try message([("conv.weight", [3, 3]), ("conv.bias", [3])])
        == "Error: torch.safetensors: expected a torch.nn.LSTM, GRU or RNN, whose first tensor's name ends in "
        + "weight_ih_l0; found \"conv.weight\", \"conv.bias\". Save the state_dict() of a model with one of these "
        + "modules.")
  }

  @Test func aBidirectionalStack() throws {
    #expect(
      try message(Self.changed([("rnn.weight_ih_l0_reverse", [12, 2])]))
        == "Error: torch.safetensors: the stack was made with bidirectional=True, as its tensor "
        + "\"rnn.weight_ih_l0_reverse\" shows: its layers mix both directions and see the token that they predict. "
        + "Use a model made with bidirectional=False.")
  }

  @Test func twoStacks() throws {
    #expect(
      try message(Self.changed([("other.weight_ih_l0", [12, 2])]))
        == "Error: torch.safetensors: expected one tensor that is the stack's first, found \"rnn.weight_ih_l0\", "
        + "\"other.weight_ih_l0\". Say which with '--rnn-prefix'.")
  }

  @Test(arguments: [
    (
      "rnn.weight_hh_l0", [Int](),
      "torch.safetensors: expected a tensor \"rnn.weight_hh_l0\", found none of that name: "
        + "each layer of a stack has one."
    ),
    (
      "rnn.bias_hh_l0", [],
      "torch.safetensors: expected a tensor \"rnn.bias_hh_l0\", found none of that name: a stack of 1 layer has it."
    ),
    (
      "rnn.bias_hh_l0", [9],
      "torch.safetensors, tensor \"rnn.bias_hh_l0\": expected shape [12], found [9]: "
        + "the first layer's matrices say that the input is 2 and the state 3 wide."
    ),
    (
      "rnn.weight_hh_l0", [12, 5],
      "torch.safetensors: expected matrices with four times as many rows as the state is wide (an LSTM), three times "
        + "(a GRU) or as many (an RNN); found \"rnn.weight_ih_l0\" [12, 2] and \"rnn.weight_hh_l0\" [12, 5]. "
        + "Check that the file is whole."
    ),
    (
      "encoder.weight", [7, 2],
      "torch.safetensors, tensor \"encoder.weight\": expected shape [5, 2], found [7, 2]: "
        + "tokens.txt has 5 tokens, one for each row."
    ),
    (
      "encoder.weight", [5, 4],
      "torch.safetensors, tensor \"encoder.weight\": expected shape [5, 2], found [5, 4]: "
        + "the stack's input has 2 columns."
    ),
    (
      "decoder.weight", [5, 4],
      "torch.safetensors, tensor \"decoder.weight\": expected shape [5, 3], found [5, 4]: "
        + "the stack's output has 3 columns."
    ),
    (
      "decoder.weight", [],
      "torch.safetensors: expected a tensor \"output.weight\", found none of that name: "
        + "an embedding of 2 columns cannot stand in for an output projection of 3."
    ),
    (
      "norm.scale", [3],
      "torch.safetensors: expected an embedding, one recurrent stack and an output projection, found also "
        + "\"norm.scale\". A model with other parts computes something else: leave them out of it and train it again."
    ),
    (
      "rnn.weight_ih_l2", [12, 3],
      "torch.safetensors: expected an embedding, one recurrent stack and an output projection, found also "
        + "\"rnn.weight_ih_l2\". A model with other parts computes something else: leave them out of it and train it "
        + "again."
    ),
    (
      "second.bias", [5],
      "torch.safetensors: expected one tensor that is the output projection's bias, found \"decoder.bias\", "
        + "\"second.bias\". Say which with '--output-prefix'."
    ),
  ])
  func aTensorThatDoesNotFit(_ name: String, _ shape: [Int], _ expected: String) throws {
    #expect(try message(Self.changed([(name, shape)])) == "Error: " + expected)
  }

  @Test(arguments: [
    (["--rnn-prefix", "lstm"], "\"lstm.weight_ih_l0\"", "--rnn-prefix says that the stack begins so"),
    (["--embedding-prefix", "x."], "\"x.weight\"", "--embedding-prefix says that the embedding is there"),
    (["--output-prefix", "y"], "\"y.weight\"", "--output-prefix says that the output projection is there"),
  ])
  func aPrefixThatIsNotThere(_ arguments: [String], _ name: String, _ reason: String) throws {
    #expect(
      try message(Self.lstm, arguments)
        == "Error: torch.safetensors: expected a tensor \(name), found none of that name: \(reason).")
  }

  @Test func weightsThatAreNoFloatingPointNumbers() throws {
    #expect(
      try message(Self.lstm, type: .int8)
        == "Error: torch.safetensors, tensor \"encoder.weight\": expected F32, F64, F16 or BF16, found I8. "
        + "Save the weights as floating-point numbers.")
  }

  @Test func aVocabularyOfAnotherLevel() throws {
    try folder.write("tokens.txt", "a\nb\na\n")
    #expect(
      try message(Self.lstm)
        == "Error: tokens.txt, line 3: the token a stands twice (first on line 1). "
        + "Rebuild it with 'tsuzuri vocabulary build'.")
    try folder.write("tokens.txt", "a\nb\nc\nd\ne\n")
    #expect(
      try message(Self.lstm, ["--level", "byte"], status: 64)
        == "Error: --vocabulary: the level 'byte' needs the vocabulary of bytes alone (<eos> and <0x00> to <0xFF>, "
        + "257 ids), found a vocabulary with byte tokens and 5 of text. Give the level that the vocabulary was made for, "
        + "or build another with 'tsuzuri vocabulary build'.")
  }

  @Test func aFolderThatIsAFile() throws {
    try folder.write("taken", "")
    let model = try TrainedModel.shared.get().folder["model"]
    let outcome = try TestCommand().run(
      ["export", "--model", model, "--format", "pytorch", "--output", "taken/out"], in: folder)
    #expect(outcome.status == 1)
    #expect(
      outcome.errors
        == "Error: taken/out: the folder cannot be made: Not a directory. Choose another place with --output.\n")
    let existing = try TestCommand().run(
      ["export", "--model", model, "--format", "pytorch", "--output", "taken"], in: folder)
    #expect(
      existing.errors
        == "Error: taken: the folder cannot be made: Not a directory. Choose another place with --output.\n")
  }

  @Test func theModelsOwnFolder() throws {
    let outcome = try runWithModel(["export", "--format", "pytorch", "--output", "model"])
    #expect(outcome.status == 1)
    #expect(
      outcome.errors
        == "Error: model: holds a model of tsuzuri, whose weights would be replaced. Name another folder with --output.\n"
    )
  }

  @Test func aFormatThatIsNone() throws {
    let outcome = try runWithModel(["export", "--format", "keras", "--output", "x"])
    #expect(outcome.status == 64)
    #expect(
      outcome.errors.hasPrefix(
        "Error: The value 'keras' is invalid for '--format <format>'. Please provide one of 'onnx' and 'pytorch'."))
  }
}
