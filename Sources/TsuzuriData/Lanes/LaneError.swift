public import TsuzuriArchive

/// Why tokens cannot be laid out in lanes.
public enum LaneError: DescribedError, Equatable {
  /// There are too few tokens for one window of every lane.
  case tooShort(tokens: Int, lanes: Int, window: Int)

  /// The message.
  public var description: String {
    switch self {
    case .tooShort(let tokens, let lanes, let window):
      "the training text has \(tokens) tokens, but one window of \(window) tokens in each of \(lanes) lanes takes "
        + "\(lanes * window + 1). Give more text, or a smaller batch size or sequence length."
    }
  }
}
