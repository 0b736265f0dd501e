public import TsuzuriArchive

/// Why places of a text cannot be filled.
public enum FillError: DescribedError, Hashable {
  /// The model has one stack. The name is its folder's, or `the model`.
  case notBidirectional(model: String)
  /// Nothing is to be filled.
  case noMask(prompt: String)
  /// More places are to be filled than a beam can be trusted with.
  case tooManyMasks(found: Int, maximum: Int)

  /// The message.
  public var description: String {
    switch self {
    case .notBidirectional(let model):
      "\(model): expected a model that was trained with --bidirectional, found one that reads forwards only. "
        + "Train one with 'tsuzuri train CORPUS --bidirectional'."
    case .noMask(let prompt):
      "the prompt: expected [MASK] in it, found '\(prompt)'. Put [MASK] in the place of each token to be filled in."
    case .tooManyMasks(let found, let maximum):
      "the prompt: expected at most \(maximum) times [MASK], found \(found). Fill in fewer places at a time."
    }
  }
}
