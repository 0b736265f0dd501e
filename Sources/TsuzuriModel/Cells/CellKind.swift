/// Which recurrent layer a model is built of.
public enum CellKind: String, Codable, Sendable, CaseIterable {
  /// Long short-term memory with forget gate (Gers, Schmidhuber & Cummins 2000).
  case lstm
  /// Long short-term memory as first published, without a forget gate (Hochreiter & Schmidhuber 1997).
  case lstm1997 = "lstm-1997"
  /// Long short-term memory whose gates see the cell (Gers & Schmidhuber 2000).
  case lstmPeephole = "lstm-peephole"
  /// Long short-term memory whose input gate is 1 − the forget gate (Greff et al. 2017).
  case lstmCoupled = "lstm-coupled"
  /// A GRU whose gates see only the input (Feng et al. 2024).
  case minGRU = "min-gru"
  /// An LSTM whose gates see only the input (Feng et al. 2024).
  case minLSTM = "min-lstm"
  /// A window of tokens through a hidden layer, without recurrence (Bengio et al. 2003).
  case feedForward = "feed-forward"

  /// Gated recurrent unit, its reset gate after the recurrent product, as PyTorch and cuDNN have it.
  case gru

  /// Gated recurrent unit as first published, its reset gate before the product (Cho et al. 2014).
  case gruResetBefore = "gru-reset-before"

  /// The plain recurrent network with tanh (Elman 1990).
  case rnn

  /// The plain recurrent network with max(0, ·).
  case rnnReLU = "rnn-relu"

  /// The layer: everything that is particular to a cell stands in its own type.
  var layer: any RecurrentLayer.Type {
    switch self {
    case .lstm: LSTMLayer.self
    case .lstm1997: LSTM1997Layer.self
    case .lstmPeephole: PeepholeLSTMLayer.self
    case .lstmCoupled: CoupledLSTMLayer.self
    case .minGRU: MinGRULayer.self
    case .minLSTM: MinLSTMLayer.self
    case .feedForward: FeedForwardLayer.self
    case .gru: GRULayer.self
    case .gruResetBefore: GRUResetBeforeLayer.self
    case .rnn, .rnnReLU: ElmanLayer.self
    }
  }

  /// The names of the blocks of H rows, in the order in which they stand in `weight_ih` and in the biases.
  public var gateOrder: [String] { layer.gateOrder }
}

extension ModelConfiguration {
  /// The layer that the cell and its options make.
  var layerType: any RecurrentLayer.Type {
    guard cell == .lstm else { return cell.layer }
    if projectionSize != nil { return ProjectedLSTMLayer.self }
    return normalizesGates ? NormalizedLSTMLayer.self : LSTMLayer.self
  }
}
