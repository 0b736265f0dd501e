internal import TsuzuriModel

/// The operator of ONNX that computes a cell, and where its gates come from.
///
/// ONNX has an order of its own: LSTM i, o, f, c (c is what we call g), its peepholes i, o, f; GRU z, r, h (our n).
///
/// Source: onnx.ai/onnx/operators, RNN, LSTM and GRU.
struct ONNXRecurrence {
  /// `RNN`, `LSTM` or `GRU`.
  let type: String
  /// Its gates in its order.
  let gates: [GateSource]
  /// The vectors that see the cell, in its order; empty where nothing does.
  var peepholes: [String] = []
  /// What makes it this cell and no other.
  var settings: [(String, ONNXGraphBuilder.Setting)] = []

  /// The names of the state's components.
  var stateNames: [String] { type == "LSTM" ? ["h", "c"] : ["h"] }

  /// The operator for the model's cell.
  ///
  /// - Throws: ``ExchangeError/noOperator(format:model:reason:advice:)``.
  init(_ configuration: ModelConfiguration) throws(ExchangeError) {
    if configuration.projectionSize != nil {
      throw Self.none(
        "a projected LSTM", "its operator LSTM gives its state as it is, without a projection",
        advice: "Export it with '--format pytorch'.")
    }
    if configuration.normalizesGates {
      throw Self.none("an LSTM with normalised gates", "its operator LSTM has no place for a normalisation")
    }
    if configuration.isBidirectional {
      throw Self.none(
        "a bidirectional model", "the graph is given the tokens before a place, the model needs those after it, too")
    }
    if configuration.learnsInitialState {
      throw Self.none(
        "a model with a learned initial state", "the graph's state comes from outside, where zeros begin a text")
    }
    if configuration.adaptiveClusters != nil {
      throw Self.none("a model with an adaptive softmax", "the graph's output is one matrix")
    }
    switch configuration.cell {
    case .lstm:
      self.init(type: "LSTM", gates: [.gate("i"), .gate("o"), .gate("f"), .gate("g")])
    case .lstm1997:
      self.init(type: "LSTM", gates: [.gate("i"), .gate("o"), .open, .gate("g")])
    case .lstmPeephole:
      self.init(
        type: "LSTM", gates: [.gate("i"), .gate("o"), .gate("f"), .gate("g")],
        peepholes: ["weight_ci", "weight_co", "weight_cf"])
    case .lstmCoupled:
      // ONNX makes f of i, and we make i of f. The forget rows are then not read, but say the same.
      self.init(
        type: "LSTM", gates: [.complement(of: "f"), .gate("o"), .gate("f"), .gate("g")],
        settings: [("input_forget", .whole(1))])
    case .gru:
      self.init(
        type: "GRU", gates: [.gate("z"), .gate("r"), .gate("n")], settings: [("linear_before_reset", .whole(1))])
    case .gruResetBefore:
      self.init(
        type: "GRU", gates: [.gate("z"), .gate("r"), .gate("n")], settings: [("linear_before_reset", .whole(0))])
    case .rnn:
      self.init(type: "RNN", gates: [.gate("h")], settings: [("activations", .texts(["Tanh"]))])
    case .rnnReLU:
      self.init(type: "RNN", gates: [.gate("h")], settings: [("activations", .texts(["Relu"]))])
    case .minGRU, .minLSTM, .feedForward:
      throw Self.none(
        "a model of the cell '\(configuration.cell.rawValue)'",
        "none of its recurrent operators is without a product of the state")
    }
  }

  private static func none(
    _ model: String, _ reason: String, advice: String = "Use tsuzuri itself to compute it."
  ) -> ExchangeError { .noOperator(format: "ONNX", model: model, reason: reason, advice: advice) }

  private init(
    type: String, gates: [GateSource], peepholes: [String] = [],
    settings: [(String, ONNXGraphBuilder.Setting)] = []
  ) {
    self.type = type
    self.gates = gates
    self.peepholes = peepholes
    self.settings = settings
  }
}
