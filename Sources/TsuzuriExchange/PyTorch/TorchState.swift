internal import TsuzuriArchive

/// The parts of a `state_dict` of PyTorch's, found by name and shape.
struct TorchState {
  /// The file.
  let file: SafetensorsFile
  /// What stands before `weight_ih_l0`.
  let recurrentPrefix: String
  /// The stack's tensors by their name after the prefix, such as `weight_ih_l0`.
  let recurrent: [String: TensorDescription]
  /// The tensors of no stack.
  let others: [TensorDescription]

  private static let firstTensor = "weight_ih_l0"

  /// Finds the recurrent stack.
  ///
  /// - Parameters:
  ///   - file: the file.
  ///   - prefix: what stands before the stack's names; nil finds it out.
  /// - Throws: ``ExchangeError``.
  init(_ file: SafetensorsFile, recurrentPrefix prefix: String?) throws(ExchangeError) {
    let names = file.tensors.map(\.name)
    let found = names.filter { $0.hasSuffix(Self.firstTensor) }.map { String($0.dropLast(Self.firstTensor.count)) }
    if let prefix = prefix.map(Self.withDot) {
      guard found.contains(prefix) else {
        throw .missingTensor(
          path: file.path, name: prefix + Self.firstTensor, reason: "--rnn-prefix says that the stack begins so")
      }
      recurrentPrefix = prefix
    } else {
      guard !found.isEmpty else { throw .noRecurrentStack(path: file.path, found: names) }
      guard found.count == 1 else {
        throw .undecided(
          path: file.path, part: "the stack's first", option: "--rnn-prefix",
          candidates: found.map { $0 + Self.firstTensor })
      }
      recurrentPrefix = found[0]
    }
    self.file = file
    var recurrent: [String: TensorDescription] = [:]
    var others: [TensorDescription] = []
    for tensor in file.tensors {
      let rest = tensor.name.hasPrefix(recurrentPrefix) ? String(tensor.name.dropFirst(recurrentPrefix.count)) : ""
      if rest.wholeMatch(of: #/(weight|bias)_[a-z]+_l[0-9]+(_reverse)?/#) != nil {
        if rest.hasSuffix("_reverse") { throw .bidirectional(path: file.path, name: tensor.name) }
        recurrent[rest] = tensor
      } else {
        others.append(tensor)
      }
    }
    self.recurrent = recurrent
    self.others = others
  }

  /// The number of layers, counted by their input weights.
  var layers: Int {
    var count = 0
    while recurrent["weight_ih_l\(count)"] != nil { count += 1 }
    return count
  }

  /// Whether the stack was made without biases.
  var hasBiases: Bool { recurrent.keys.contains { $0.hasPrefix("bias_") } }

  /// The rows and columns of one of the stack's matrices.
  func matrix(_ name: String) throws(ExchangeError) -> (rows: Int, columns: Int) {
    guard let tensor = recurrent[name] else {
      throw .missingTensor(path: file.path, name: recurrentPrefix + name, reason: "each layer of a stack has one")
    }
    guard tensor.shape.count == 2 else {
      throw .shapeMismatch(
        path: file.path, name: tensor.name, expected: [0, 0], found: tensor.shape, reason: "it is a matrix")
    }
    return (tensor.shape[0], tensor.shape[1])
  }

  /// A prefix is the path of a module, which ends in a dot unless it is the whole.
  static func withDot(_ prefix: String) -> String { prefix.isEmpty || prefix.hasSuffix(".") ? prefix : prefix + "." }
}
