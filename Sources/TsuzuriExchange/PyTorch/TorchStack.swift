internal import TsuzuriArchive
internal import TsuzuriModel

/// The recurrent stack of a state of PyTorch's: which cell it is, its sizes, its tensors under our names.
struct TorchStack {
  /// The file's tensors.
  let state: TorchState
  /// The stack's shape; the vocabulary is not known here.
  let configuration: ModelConfiguration
  /// The width of its input, E.
  let inputSize: Int
  /// The width of its output.
  let outputSize: Int
  /// What a person should know.
  let notes: [String]

  /// PyTorch's modules by the number of blocks of rows that their matrices have, and the cells that each computes, the
  /// first where nobody says which.
  ///
  /// Other cells of ours have as many blocks (a GRU that resets before the product, an LSTM without a forget gate) and
  /// would take the weights, but compute something else with them.
  private static let modules: [Int: (name: String, cells: [CellKind])] = [
    1: ("an RNN", [.rnn, .rnnReLU]), 3: ("a GRU", [.gru]), 4: ("an LSTM", [.lstm]),
  ]

  /// Looks at the first layer's matrices.
  ///
  /// - Throws: ``ExchangeError``.
  init(_ state: TorchState, cell: CellKind?) throws(ExchangeError) {
    let (rows, inputs) = try state.matrix("weight_ih_l0")
    let (recurrentRows, columns) = try state.matrix("weight_hh_l0")
    // Where the output is projected, W_hh is as wide as the projection, and W_hr [P, H] tells the state's width.
    let isProjected = state.recurrent["weight_hr_l0"] != nil
    let width = isProjected ? try state.matrix("weight_hr_l0").columns : columns
    guard width > 0, recurrentRows == rows, rows % width == 0, let module = Self.modules[rows / width] else {
      throw .unknownGates(
        path: state.file.path, input: [rows, inputs], recurrent: [recurrentRows, columns], prefix: state.recurrentPrefix
      )
    }
    if let cell, !module.cells.contains(cell) {
      throw .otherCell(
        path: state.file.path, name: state.recurrentPrefix + "weight_hh_l0", expected: "the cell '\(cell.rawValue)'",
        found: module.name)
    }
    self.state = state
    inputSize = inputs
    outputSize = columns
    configuration = ModelConfiguration(
      cell: cell ?? module.cells[0], vocabularySize: 1, embeddingSize: inputs, hiddenSize: width, layers: state.layers,
      projectionSize: isProjected ? columns : nil)
    var notes: [String] = []
    if !state.hasBiases { notes.append("the stack has no biases: they begin at zero.") }
    self.notes = notes
  }

  /// Checks that a model of these sizes can be, before anything is multiplied.
  ///
  /// - Throws: ``ExchangeError/impossibleSizes(path:reason:)``.
  func checkSizes(vocabularySize: Int) throws(ExchangeError) {
    var configuration = configuration
    configuration.vocabularySize = vocabularySize
    do {
      try configuration.validate()
    } catch {
      throw .impossibleSizes(path: state.file.path, reason: "\(error)")
    }
  }

  /// Checks that every tensor is there with its shape, and no other.
  ///
  /// - Throws: ``ExchangeError``.
  func checkShapes() throws(ExchangeError) {
    var expected: Set<String> = []
    for slice in ParameterLayout(configuration).slices {
      guard let name = Self.localName(slice.name) else { continue }
      expected.insert(name)
      guard let tensor = state.recurrent[name] else {
        if name.hasPrefix("bias_"), !state.hasBiases { continue }
        throw .missingTensor(
          path: state.file.path, name: state.recurrentPrefix + name,
          reason: "a stack of \(configuration.layers) \(configuration.layers == 1 ? "layer" : "layers") has it")
      }
      guard tensor.shape == slice.shape else {
        throw .shapeMismatch(
          path: state.file.path, name: tensor.name, expected: slice.shape, found: tensor.shape,
          reason:
            "the first layer's matrices say that the input is \(inputSize) and the state \(configuration.hiddenSize) wide"
        )
      }
    }
    let unexpected = state.recurrent.keys.filter { !expected.contains($0) }.sorted()
    guard unexpected.isEmpty else {
      throw .unexpectedTensors(path: state.file.path, names: unexpected.map { state.recurrentPrefix + $0 })
    }
  }

  /// The values of one of our tensors.
  func values(of slice: ParameterLayout.Slice) throws -> [Float] {
    guard let name = Self.localName(slice.name), let tensor = state.recurrent[name] else {
      return [Float](repeating: 0, count: slice.count)
    }
    return try state.file.roundedFloats(of: tensor)
  }

  /// A name of ours after `rnn.`, which is PyTorch's.
  private static func localName(_ name: String) -> String? {
    name.hasPrefix("rnn.") ? String(name.dropFirst("rnn.".count)) : nil
  }
}
