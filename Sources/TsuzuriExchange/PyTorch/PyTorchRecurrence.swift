internal import TsuzuriModel

/// How PyTorch computes a model's recurrent stack, and where the values of its tensors come from.
///
/// PyTorch's orders of gates are ours: LSTM i, f, g, o; GRU r, z, n.
struct PyTorchRecurrence {
  /// What a layer is.
  enum Layer {
    /// `LSTM`, `GRU` or `RNN` of `torch.nn`, with its gates in its order and what its call has beside its sizes.
    case module(String, gates: [GateSource], arguments: [String] = [])
  }

  /// A layer.
  let layer: Layer
  /// Whether the layers stand in a list, one module each, because something stands between them that a stack of
  /// `torch.nn` does not have.
  let isList: Bool
  /// What a reader of the script should know of the weights.
  let remark: String?

  /// The stack of a model.
  ///
  /// - Throws: ``ExchangeError/noOperator(format:model:reason:advice:)``.
  init(_ configuration: ModelConfiguration) throws(ExchangeError) {
    var remark: String?
    switch configuration.cell {
    case .lstm:
      let projection = configuration.projectionSize.map { ["proj_size=\($0)"] } ?? []
      layer = .module("LSTM", gates: [.gate("i"), .gate("f"), .gate("g"), .gate("o")], arguments: projection)
    }
    isList = configuration.isResidual
    if configuration.isResidual {
      remark = "Each layer above the first adds its input to its output."
    }
    self.remark = remark
  }

  /// Whether the state is a pair.
  var hasTwoStates: Bool {
    switch layer {
    case .module(let name, _, _): name == "LSTM"
    }
  }

  /// The values of a tensor, its gates in the module's order.
  func values(of name: String, in model: LanguageModel) -> [Float] {
    for layer in 0..<model.configuration.layers {
      let blocks = GateBlocks(model: model, layer: layer)
      for tensor in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"] where blocks.name(tensor) == name {
        switch self.layer {
        case .module(_, let gates, _): return blocks.stacked(tensor, gates)
        }
      }
    }
    return model.values(of: name)
  }

  /// The name of a tensor in the script: in a list of layers `rnn.weight_hh_l2` is `rnn.2.weight_hh_l0`.
  func name(of name: String) -> String {
    guard isList, let match = name.wholeMatch(of: #/rnn\.(\w+)_l([0-9]+)/#) else { return name }
    return "rnn.\(match.2).\(match.1)_l0"
  }
}
