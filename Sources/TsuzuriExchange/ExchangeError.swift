public import TsuzuriArchive

/// What can go wrong between this and other programs.
public enum ExchangeError: DescribedError, Hashable {
  /// The format has no operator that computes the model.
  case noOperator(format: String, model: String, reason: String, advice: String)
  /// The file would be larger than its format can be.
  case tooLarge(path: String, bytes: Int, limit: Int)
  /// A folder to write to is the model's own, or another's.
  case holdsModel(path: String)
  /// A folder to write to cannot be made.
  case cannotCreate(path: String, reason: String)
  /// A file to read holds no recurrent stack of PyTorch's.
  case noRecurrentStack(path: String, found: [String])
  /// A file to read has more than one candidate for a part, or none.
  case undecided(path: String, part: String, option: String, candidates: [String])
  /// A file to read lacks a tensor.
  case missingTensor(path: String, name: String, reason: String)
  /// A file to read holds tensors that no part of the model has.
  case unexpectedTensors(path: String, names: [String])
  /// A tensor has another shape than the others or the vocabulary ask for.
  case shapeMismatch(path: String, name: String, expected: [Int], found: [Int], reason: String)
  /// A tensor's numbers are of a kind that weights are not.
  case typeMismatch(path: String, name: String, found: String)
  /// A tensor holds infinities or what is no number.
  case notFinite(path: String, name: String)
  /// The stack runs in both directions, layer by layer.
  case bidirectional(path: String, name: String)
  /// The first layer's matrices have the shapes of no module that is known.
  case unknownGates(path: String, input: [Int], recurrent: [Int], prefix: String)
  /// The tensors' shapes are those of no model that can be.
  case impossibleSizes(path: String, reason: String)
  /// The stack is of another kind than it was said to be.
  case otherCell(path: String, name: String, expected: String, found: String)

  /// The message.
  public var description: String {
    switch self {
    case .noOperator(let format, let model, let reason, let advice):
      return "\(format) cannot hold \(model): \(reason). \(advice)"
    case .tooLarge(let path, let bytes, let limit):
      return "\(path): the weights alone are \(bytes) bytes, but a file of this format ends at \(limit). "
        + "Export with '--format pytorch', which has no such bound."
    case .holdsModel(let path):
      return "\(path): holds a model of tsuzuri, whose weights would be replaced. Name another folder with --output."
    case .cannotCreate(let path, let reason):
      return "\(path): the folder cannot be made: \(reason). Choose another place with --output."
    case .noRecurrentStack(let path, let found):
      return "\(path): expected a torch.nn.LSTM, GRU or RNN, whose first tensor's name ends in weight_ih_l0; "
        + "found \(Self.list(found)). Save the state_dict() of a model with one of these modules."
    case .undecided(let path, let part, let option, let candidates):
      let found = candidates.isEmpty ? "none that could be it" : Self.list(candidates)
      return "\(path): expected one tensor that is \(part), found \(found). Say which with '\(option)'."
    case .missingTensor(let path, let name, let reason):
      return "\(path): expected a tensor \(name.shown), found none of that name: \(reason)."
    case .unexpectedTensors(let path, let names):
      return "\(path): expected an embedding, one recurrent stack and an output projection, found also "
        + "\(Self.list(names)). A model with other parts computes something else: leave them out of it and train it again."
    case .shapeMismatch(let path, let name, let expected, let found, let reason):
      return "\(path), tensor \(name.shown): expected shape \(expected), found \(found): \(reason)."
    case .typeMismatch(let path, let name, let found):
      return "\(path), tensor \(name.shown): expected F32, F64, F16 or BF16, found \(found). "
        + "Save the weights as floating-point numbers."
    case .notFinite(let path, let name):
      return "\(path), tensor \(name.shown): expected finite numbers that single precision can hold, "
        + "found another value. Use an earlier copy of the weights."
    case .bidirectional(let path, let name):
      return
        "\(path): the stack was made with bidirectional=True, as its tensor \(name.shown) shows: its layers "
        + "mix both directions and see the token that they predict. Use a model made with bidirectional=False."
    case .unknownGates(let path, let input, let recurrent, let prefix):
      return
        "\(path): expected matrices with four times as many rows as the state is wide (an LSTM), three times (a GRU) "
        + "or as many (an RNN); found \((prefix + "weight_ih_l0").shown) \(input) and "
        + "\((prefix + "weight_hh_l0").shown) \(recurrent). Check that the file is whole."
    case .impossibleSizes(let path, let reason):
      return "\(path): the shapes of its tensors are those of no model: \(reason) Check that the file is whole."
    case .otherCell(let path, let name, let expected, let found):
      return "\(path), tensor \(name.shown): expected the weights of \(expected), found those of \(found). "
        + "Leave out --cell, or name the cell that the file holds."
    }
  }

  private static func list(_ names: [String]) -> String {
    if names.isEmpty { return "no tensors" }
    let shown = names.prefix(5).map(\.shown).joined(separator: ", ")
    return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
  }
}
