public import TsuzuriArchive

/// What can be wrong with a model.
public enum ModelError: DescribedError, Equatable {
  /// A configuration that no model can have.
  case invalidConfiguration(field: String, expected: String, found: String)
  /// Token ids that the model's vocabulary does not have.
  case tokenOutOfRange(id: Int32, vocabularySize: Int)
  /// Weights that are not finite numbers.
  case nonFiniteWeights(file: String, name: String)
  /// A file of a model folder that cannot be used.
  case unusableFile(path: String, reason: String, advice: String)

  /// The message.
  public var description: String {
    switch self {
    case .invalidConfiguration(let field, let expected, let found):
      "the model's \(field): expected \(expected), found \(found)."
    case .tokenOutOfRange(let id, let vocabularySize):
      "token \(id) is not in the model's vocabulary; expected an id from 0 to \(vocabularySize - 1)."
    case .nonFiniteWeights(let file, let name):
      "\(file): the tensor \(name) holds a value that is not a finite number. Train the model again, or use an earlier copy."
    case .unusableFile(let path, let reason, let advice):
      "\(path): \(reason). \(advice)"
    }
  }
}
