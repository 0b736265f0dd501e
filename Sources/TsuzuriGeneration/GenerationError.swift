public import TsuzuriArchive

/// What can go wrong when text is generated, with a message that says what, where, and what to do.
public enum GenerationError: DescribedError, Hashable {
  /// An option has a value that it cannot have.
  case invalidOption(name: String, expected: String, found: String, advice: String)
  /// One of many prompts has a value that it cannot have.
  case invalidRequest(index: Int, reason: String)
  /// The model's logit of a token is not a finite number.
  case invalidLogit(token: Int, value: String)
  /// The rules forbid every token.
  case everythingForbidden
  /// A search was asked of a model whose sequences cannot go on from each other's past.
  case cannotBranch
  /// The model and the tokenizer do not belong together.
  case vocabularyMismatch(model: Int, vocabulary: Int)

  /// The message.
  public var description: String {
    switch self {
    case .invalidOption(let name, let expected, let found, let advice):
      "\(name): expected \(expected), found \(found). \(advice)"
    case .invalidRequest(let index, let reason): "request \(index): \(reason)"
    case .invalidLogit(let token, let value):
      "the model's logit of token \(token): expected a finite number, found \(value). "
        + "The training diverged or the weights are damaged: train again with a smaller learning rate."
    case .everythingForbidden:
      "the rules forbid every token that could come next. Take back a ban, a logit bias of -inf, or the rule against "
        + "repeated n-grams."
    case .cannotBranch:
      "a search needs a model whose sequences can go on from each other's past, a BranchingModel. "
        + "Leave out the beam, or give such a model."
    case .vocabularyMismatch(let model, let vocabulary):
      "the model knows \(model) tokens: expected as many in the vocabulary, found \(vocabulary). "
        + "Use the vocabulary.txt that was saved with the model."
    }
  }
}
