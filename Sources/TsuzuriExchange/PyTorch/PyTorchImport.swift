public import TsuzuriModel
internal import TsuzuriArchive
internal import TsuzuriKernels
public import TsuzuriText

/// A language model from the `state_dict` of a `torch.nn` module: an embedding, an LSTM, GRU or RNN, and a linear output.
///
/// What a module is called does not matter: names are found out, or told by their prefixes. Tensors in F64, F16 and BF16
/// become single precision. A stack without biases gets biases of zero, which computes the same.
///
/// | PyTorch | shape |
/// |---|---|
/// | `encoder.weight` | [V, E] |
/// | `rnn.weight_ih_l{k}`, `rnn.weight_hh_l{k}` | [G·H, in], [G·H, H] |
/// | `rnn.bias_ih_l{k}`, `rnn.bias_hh_l{k}` | [G·H]; all or none |
/// | `decoder.weight` | [V, H]; absent, or equal to the embedding's, where it is tied |
/// | `decoder.bias` | [V]; may be absent |
public struct PyTorchImport: Sendable {
  /// What stands before the names of a part's tensors; nil finds it out.
  public struct Prefixes: Sendable {
    /// Before `weight` of the embedding.
    public var embedding: String?
    /// Before `weight_ih_l0`.
    public var recurrent: String?
    /// Before `weight` and `bias` of the output projection.
    public var output: String?

    /// Prefixes; a final dot may be left out.
    public init(embedding: String? = nil, recurrent: String? = nil, output: String? = nil) {
      self.embedding = embedding
      self.recurrent = recurrent
      self.output = output
    }
  }

  /// The bias of a token that the file's model does not have lies so far below the lowest of the others: one in 5·10⁸ of
  /// that one's probability.
  static let absentTokenBias: Float = -20

  /// The model.
  public let model: LanguageModel
  /// Its tokens.
  public let vocabulary: Vocabulary
  /// What a person should know of how the file was understood.
  public let notes: [String]

  /// Reads a model.
  ///
  /// - Parameters:
  ///   - path: a safetensors file.
  ///   - tokens: the tokens, in the order of the embedding's rows.
  ///   - kind: what the level of the text asks for.
  ///   - prefixes: the names of the file's modules.
  ///   - cell: the stack's cell; nil finds it out. What squashes an RNN, tanh or ReLU, does not stand in the file: nil is
  ///     tanh.
  /// - Throws: ``ExchangeError``, `ArchiveError`, `ModelError`.
  public init(
    weightsAt path: String, tokens: TokenList, kind: Vocabulary.Kind, prefixes: Prefixes = Prefixes(),
    cell: CellKind? = nil
  ) throws {
    let state = try TorchState(SafetensorsFile(path: path), recurrentPrefix: prefixes.recurrent)
    let stack = try TorchStack(state, cell: cell)
    let parts = try TorchParts(
      in: state, tokens: tokens.count, inputSize: stack.inputSize, outputSize: stack.outputSize,
      embeddingPrefix: prefixes.embedding, outputPrefix: prefixes.output)
    let (vocabulary, rows) = try tokens.vocabulary(kind)
    let reader = RowReader(file: state.file, tokens: tokens, rows: rows)
    var notes = stack.notes

    // The shapes are checked before anything is made of them: tensors without elements can be of any size.
    try stack.checkSizes(vocabularySize: vocabulary.count)
    try reader.check(parts.embedding, width: stack.inputSize, "the stack's input has \(stack.inputSize) columns")
    if let weight = parts.outputWeight {
      try reader.check(weight, width: stack.outputSize, "the stack's output has \(stack.outputSize) columns")
    }
    if let bias = parts.outputBias { try reader.check(bias, width: nil, "") }
    let projection = try Self.projection(in: state, from: stack.outputSize, to: stack.inputSize)
    try stack.checkShapes()
    let embedding = try state.file.roundedFloats(of: parts.embedding)
    var output = try parts.outputWeight.map { try state.file.roundedFloats(of: $0) }
    if output == nil, stack.inputSize != stack.outputSize, projection == nil {
      throw ExchangeError.missingTensor(
        path: path, name: "\(prefixes.output.map(TorchState.withDot) ?? "output.")weight",
        reason:
          "an embedding of \(stack.inputSize) columns cannot stand in for an output projection of \(stack.outputSize)")
    }
    if let weight = parts.outputWeight, output == embedding {
      notes.append("\(weight.name) and \(parts.embedding.name) are equal: they are one matrix from here on, tied.")
      output = nil
    } else if parts.outputWeight == nil {
      notes.append("there is no output matrix beside \(parts.embedding.name): the two are one, tied.")
    }
    let bias = try parts.outputBias.map { try state.file.roundedFloats(of: $0) }
    let absent = rows.count { $0 == nil }
    if absent > 0 {
      notes.append(
        "\(tokens.path) lacks \(absent) special \(absent == 1 ? "token" : "tokens") (\(Self.special(kind))): "
          + "they are added, as good as never predicted.")
    }

    var configuration = stack.configuration
    configuration.vocabularySize = vocabulary.count
    configuration.tiesEmbeddings = output == nil
    try configuration.validate()
    let layout = ParameterLayout(configuration)
    let buffer = FloatBuffer(count: layout.bufferCount)
    for slice in layout.slices {
      let values: [Float]
      switch slice.name {
      case ParameterName.embedding: values = reader.arranged(embedding, absent: 0)
      case ParameterName.projection: values = projection ?? []
      case ParameterName.outputWeight: values = reader.arranged(output ?? embedding, absent: 0)
      case ParameterName.outputBias:
        let bias = bias ?? [Float](repeating: 0, count: tokens.count)
        values = reader.arranged(bias, absent: (bias.min() ?? 0) + Self.absentTokenBias)
      default: values = try stack.values(of: slice)
      }
      precondition(values.count == slice.count, "\(slice.name) got \(values.count) values, expected \(slice.count)")
      (buffer.pointer + slice.offset).update(from: values, count: values.count)
    }
    model = LanguageModel(configuration, layout: layout, parameters: buffer)
    self.vocabulary = vocabulary
    self.notes = notes
  }

  /// The matrix that brings the stack's output to the width of a tied embedding, as our own export names it; nil where there
  /// is none.
  private static func projection(in state: TorchState, from outputSize: Int, to inputSize: Int) throws -> [Float]? {
    guard let tensor = state.others.first(where: { $0.name == ParameterName.projection }) else { return nil }
    guard tensor.shape == [inputSize, outputSize] else {
      throw ExchangeError.shapeMismatch(
        path: state.file.path, name: tensor.name, expected: [inputSize, outputSize], found: tensor.shape,
        reason: "it leads from the stack's output to the width of the embedding")
    }
    return try state.file.roundedFloats(of: tensor)
  }

  private static func special(_ kind: Vocabulary.Kind) -> String {
    kind == .closed ? "<eos> and <unk>" : "<eos> and the 256 bytes"
  }
}

/// Tensors with a row for each token, put into the order of a vocabulary's ids.
private struct RowReader {
  let file: SafetensorsFile
  let tokens: TokenList
  let rows: [Int?]

  /// Checks a tensor's shape: a row for each token.
  func check(_ tensor: TensorDescription, width: Int?, _ reason: String) throws(ExchangeError) {
    let expected = [tokens.count] + (width.map { [$0] } ?? [])
    guard tensor.shape != expected else { return }
    throw .shapeMismatch(
      path: file.path, name: tensor.name, expected: expected, found: tensor.shape,
      reason: tensor.shape.first != tokens.count
        ? "\(tokens.path) has \(tokens.count) tokens, one for each row" : reason)
  }

  /// The rows in the order of the ids.
  func arranged(_ values: [Float], absent: Float) -> [Float] {
    let width = values.count / tokens.count
    return rows.flatMap { row in
      row.map { values[$0 * width..<($0 + 1) * width] } ?? ArraySlice(repeating: absent, count: width)
    }
  }
}
