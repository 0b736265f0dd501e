/// What a model's weights are drawn from before the first step.
public enum InitialWeights: Sendable, Hashable {
  /// Bounds for each matrix, a forget bias of 1, and an output that knows how often each token occurs.
  case standard
  /// Everything uniform in ±bound, biases included, so that no forget gate begins open; only the gains of layer
  /// normalisation are 1.
  ///
  /// Source: Zaremba, Sutskever & Vinyals 2014, "Recurrent neural network regularization", section 4.1, with bounds of 0.1
  /// (small), 0.05 (medium) and 0.04 (large).
  case uniform(bound: Double)
  /// Embedding and output within ±0.1, all else within ±1/√H, biases included, and an output's bias of zero.
  ///
  /// Source: Merity, Keskar & Socher 2018, "Regularizing and optimizing LSTM language models", section 5. PyTorch's example
  /// of a language model of words begins so, too.
  case awdLSTM

  /// The weights as `--initial-weights` tells them: `standard`, `uniform:0.1` or `awd-lstm`.
  ///
  /// nil for anything else, and for a bound that is no positive finite number.
  public init?(_ text: String) {
    switch text {
    case "standard":
      self = .standard
      return
    case "awd-lstm":
      self = .awdLSTM
      return
    default: break
    }
    let prefix = "uniform:"
    guard text.hasPrefix(prefix), let bound = Double(text.dropFirst(prefix.count)), bound > 0, Float(bound).isFinite
    else { return nil }
    self = .uniform(bound: bound)
  }
}

extension InitialWeights: CustomStringConvertible {
  /// What `--initial-weights` takes.
  public var description: String {
    switch self {
    case .standard: "standard"
    case .uniform(let bound): "uniform:\(bound)"
    case .awdLSTM: "awd-lstm"
    }
  }
}

extension InitialWeights: Codable {
  /// Reads the text.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let weights = InitialWeights(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' are no initial weights")
    }
    self = weights
  }

  /// Writes the text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
