public import TsuzuriArchive

/// What can go wrong with an n-gram model, with a message that says what, where, and what to do.
public enum NGramError: DescribedError, Hashable {
  /// No model can have such a shape.
  case invalidConfiguration(name: String, expected: String, found: String)
  /// A token is not one of the model's.
  case tokenOutOfRange(id: Int32, vocabularySize: Int)
  /// There is no token to learn from.
  case nothingToLearn
  /// There are more tokens than positions can be numbered.
  case tooManyTokens(limit: Int)
  /// The model's file contradicts itself or the model's configuration.
  case damaged(path: String, reason: String)

  /// The message.
  public var description: String {
    switch self {
    case .invalidConfiguration(let name, let expected, let found):
      "the n-gram model's \(name): expected \(expected), found \(found). Train the model with another value."
    case .tokenOutOfRange(let id, let vocabularySize):
      "the token \(id) is not one of the n-gram model's, whose ids are 0 to \(vocabularySize - 1). "
        + "Encode the text with the vocabulary that was saved with the model."
    case .nothingToLearn:
      "the training text: expected at least one token, found none. Give more text."
    case .tooManyTokens(let limit):
      "the training text: expected at most \(limit) tokens, found more. Train on a part of it."
    case .damaged(let path, let reason):
      "\(path): the n-gram model is damaged: \(reason). Restore the file from a copy, or train the model again."
    }
  }
}
