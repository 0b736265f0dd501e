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
    if configuration.normalizesGates {
      throw Self.none("an LSTM with normalised gates", "torch.nn.LSTM has no place for a normalisation")
    }
    if configuration.isBidirectional {
      throw Self.none(
        "a bidirectional model", "torch.nn.LSTM mixes the directions from layer to layer, this model keeps them apart")
    }
    if configuration.learnsInitialState {
      throw Self.none(
        "a model with a learned initial state",
        "the state of torch.nn's layers begins with zeros; the tensors 'initial_h' and 'initial_c' of model.safetensors can "
          + "be given to them")
    }
    if configuration.adaptiveClusters != nil {
      throw Self.none(
        "a model with an adaptive softmax",
        "the script's output is one matrix; torch.nn.AdaptiveLogSoftmaxWithLoss takes the tensors 'output.…' of "
          + "model.safetensors as they are")
    }
    var remarks: [String] = []
    switch configuration.cell {
    case .lstm:
      let projection = configuration.projectionSize.map { ["proj_size=\($0)"] } ?? []
      layer = .module("LSTM", gates: [.gate("i"), .gate("f"), .gate("g"), .gate("o")], arguments: projection)
    case .lstm1997:
      layer = .module("LSTM", gates: [.gate("i"), .open, .gate("g"), .gate("o")])
      remarks.append(
        "The cell has no forget gate. Here it is one that is always open: no weights, and a bias of 40. Training must not\n"
          + "touch it if the cell shall stay what it is.")
    case .lstmCoupled:
      layer = .module("LSTM", gates: [.complement(of: "f"), .gate("f"), .gate("g"), .gate("o")])
      remarks.append(
        "The cell's input gate is 1 minus its forget gate. Here it has the forget gate's weights with the opposite sign;\n"
          + "training would let the two drift apart.")
    case .lstmPeephole:
      throw Self.none(
        "an LSTM with peepholes", "the gates of torch.nn.LSTM do not see the cell",
        advice: "Export it with '--format onnx'.")
    case .gru:
      layer = .module("GRU", gates: [.gate("r"), .gate("z"), .gate("n")])
    case .gruResetBefore:
      throw Self.none(
        "a GRU that resets before the product", "torch.nn.GRU resets after it",
        advice: "Export it with '--format onnx'.")
    case .rnn:
      layer = .module("RNN", gates: [.gate("h")])
    case .rnnReLU:
      layer = .module("RNN", gates: [.gate("h")], arguments: ["nonlinearity=\"relu\""])
    case .minGRU, .minLSTM, .feedForward:
      throw Self.none("a model of the cell '\(configuration.cell.rawValue)'", "torch.nn has no module that computes it")
    }
    isList = configuration.isResidual
    if configuration.isResidual {
      remarks.append("Each layer above the first adds its input to its output.")
    }
    if !configuration.resetTokens.isEmpty {
      remarks.append(
        "Each line was a text by itself: begin it with id 0 and without a state. The id of the line's end is never fed."
      )
    }
    remark = remarks.isEmpty ? nil : remarks.joined(separator: "\n")
  }

  private static func none(
    _ model: String, _ reason: String, advice: String = "Use tsuzuri itself to compute it."
  ) -> ExchangeError { .noOperator(format: "PyTorch", model: model, reason: reason, advice: advice) }

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
