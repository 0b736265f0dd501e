internal import TsuzuriArchive
internal import TsuzuriModel

/// Which tensors of a state are the embedding and the output projection.
struct TorchParts {
  /// The embedding's matrix; the output's own where the two are tied under one name.
  let embedding: TensorDescription
  /// The output's matrix; nil where it is the embedding's.
  let outputWeight: TensorDescription?
  /// The output's bias; nil where there is none.
  let outputBias: TensorDescription?

  /// Finds the parts among the tensors that belong to no stack.
  ///
  /// A bias that is as long as the vocabulary belongs to the output; the matrix of another module is then the embedding.
  /// Where that does not decide, widths do: the embedding is as wide as the stack's input, the output as its state.
  ///
  /// - Parameters:
  ///   - state: the file's tensors.
  ///   - tokens: how many rows both parts have.
  ///   - inputSize: the stack's input width, E.
  ///   - outputSize: the stack's output width.
  ///   - embeddingPrefix: what stands before `weight`; nil finds it out.
  ///   - outputPrefix: what stands before `weight` and `bias`; nil finds it out.
  /// - Throws: ``ExchangeError``.
  init(
    in state: TorchState, tokens: Int, inputSize: Int, outputSize: Int, embeddingPrefix: String?,
    outputPrefix: String?
  ) throws(ExchangeError) {
    let path = state.file.path
    func prefix(_ tensor: TensorDescription) -> String {
      String(tensor.name.dropLast(tensor.shape.count == 2 ? "weight".count : "bias".count))
    }
    /// Those of the right length, or all, so that what is wrong with them can be said.
    func candidates(_ suffix: String, dimensions: Int) -> [TensorDescription] {
      let all = state.others.filter {
        $0.name.hasSuffix(suffix) && $0.shape.count == dimensions && $0.name != ParameterName.projection
      }
      let fitting = all.filter { $0.shape[0] == tokens }
      return fitting.isEmpty ? all : fitting
    }
    let matrices = candidates("weight", dimensions: 2)
    let vectors = candidates("bias", dimensions: 1)

    var outputPrefix = outputPrefix.map(TorchState.withDot)
    if let outputPrefix {
      guard state.others.contains(where: { $0.name == outputPrefix + "weight" || $0.name == outputPrefix + "bias" })
      else {
        throw .missingTensor(
          path: path, name: outputPrefix + "weight", reason: "--output-prefix says that the output projection is there")
      }
    } else if vectors.count == 1 {
      outputPrefix = prefix(vectors[0])
    } else if vectors.count > 1 {
      throw .undecided(
        path: path, part: "the output projection's bias", option: "--output-prefix", candidates: vectors.map(\.name))
    }

    var rest = matrices.filter { prefix($0) != outputPrefix }
    // Nothing but the output has the vocabulary's length: then it is the embedding that has a wrong one, if there is any.
    if rest.isEmpty {
      rest = state.others.filter {
        $0.name.hasSuffix("weight") && $0.shape.count == 2 && prefix($0) != outputPrefix
          && $0.name != ParameterName.projection
      }
    }
    let own = matrices.first { prefix($0) == outputPrefix }
    let byWidth = rest.filter { $0.shape[1] == inputSize }
    let isTold = embeddingPrefix != nil
    if let name = embeddingPrefix.map({ TorchState.withDot($0) + "weight" }) {
      guard let told = state.others.first(where: { $0.name == name }) else {
        throw .missingTensor(path: path, name: name, reason: "--embedding-prefix says that the embedding is there")
      }
      embedding = told
    } else if let only = rest.count == 1 ? rest[0] : nil {
      embedding = only
    } else if rest.isEmpty, let own {
      embedding = own
    } else if outputPrefix == nil, inputSize != outputSize, byWidth.count == 1 {
      embedding = byWidth[0]
    } else {
      throw .undecided(
        path: path, part: "the embedding", option: "--embedding-prefix", candidates: rest.map(\.name))
    }

    let found = embedding.name
    let remaining = rest.filter { $0.name != found }
    if let outputPrefix {
      outputWeight = own.flatMap { $0.name == found && !isTold ? nil : $0 }
      outputBias = state.others.first { $0.name == outputPrefix + "bias" }
    } else {
      guard remaining.count < 2 else {
        throw .undecided(
          path: path, part: "the output projection", option: "--output-prefix", candidates: remaining.map(\.name))
      }
      outputWeight = remaining.first
      outputBias = nil
    }
    let used = Set([embedding.name, outputWeight?.name, outputBias?.name].compactMap { $0 })
    // Before an output of its own nothing projects, nor to a width that is there already.
    let projection = outputWeight == nil && inputSize != outputSize ? ParameterName.projection : nil
    let unexpected = state.others.map(\.name).filter { !used.contains($0) && $0 != projection }
    guard unexpected.isEmpty else { throw .unexpectedTensors(path: path, names: unexpected) }
  }
}
