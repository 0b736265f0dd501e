public import TsuzuriArchive

/// What can be wrong with a model folder as a whole.
public enum ModelFolderError: DescribedError, Hashable {
  /// Nothing stands there.
  case noFolder(String)
  /// The folder holds no `config.json`.
  case noModel(String)
  /// The folder was written by another version.
  case otherFormat(path: String, found: Int)
  /// `config.json` cannot be understood.
  case unreadableConfiguration(path: String, reason: String)
  /// The folder holds another kind of model than was asked for.
  case otherKind(path: String, found: ModelKind)
  /// `config.json` is not what its checksum says.
  case damagedConfiguration(path: String, expected: String, found: String)
  /// The vocabulary is not the one that the model was written with.
  case otherVocabulary(path: String, expected: String, found: String)
  /// The vocabulary has another size than the model.
  case vocabularyMismatch(path: String, expected: Int, found: Int)
  /// A model is to be written with a tokenizer of another vocabulary's size.
  case otherTokenizer(path: String, expected: Int, found: Int)
  /// The weights are 8-bit integers where `config.json` says nothing of it, or the other way round.
  case otherWeights(path: String, areQuantized: Bool)
  /// A model is to be written to a folder that holds something.
  case notEmpty(path: String)
  /// The folder cannot be made.
  case cannotCreate(path: String, reason: String)

  /// The message.
  public var description: String {
    switch self {
    case .noFolder(let path):
      "\(path): expected a model folder, found none. Train one with 'tsuzuri train CORPUS --model \(path)'."
    case .noModel(let path):
      "\(path): expected a model folder, found no config.json in it. "
        + "Name a folder that 'tsuzuri train' has written."
    case .otherFormat(let path, let found):
      "\(path): expected format version \(ModelDescription.currentFormatVersion), found \(found). "
        + "Use the version of tsuzuri that wrote it, or train the model again."
    case .unreadableConfiguration(let path, let reason):
      "\(path): cannot be used: \(reason). Restore the file from a copy, or train the model again."
    case .otherKind(let path, .ngram):
      "\(path): expected a recurrent network, found an n-gram model, which writes and is measured, and nothing else. "
        + "Name a folder that 'tsuzuri train' has written."
    case .otherKind(let path, .recurrent):
      "\(path): expected an n-gram model, found a recurrent network. "
        + "Name a folder that 'tsuzuri ngram train' has written."
    case .damagedConfiguration(let path, let expected, let found):
      "\(path): expected content with the checksum \(expected.shown), found \(found.shown). "
        + "The file is damaged or was edited: restore it from a copy, or, where the change was meant, take its field "
        + "'checksum' out."
    case .otherVocabulary(let path, let expected, let found):
      "\(path): expected the vocabulary with the fingerprint \(expected), as config.json says, found \(found). "
        + "Restore the vocabulary that the model was trained with."
    case .vocabularyMismatch(let path, let expected, let found):
      "\(path): expected \(expected) tokens, as config.json says, found \(found). "
        + "Restore the vocabulary that the model was trained with."
    case .otherTokenizer(let path, let expected, let found):
      "\(path): the model has \(expected) tokens: expected as many in the tokenizer's vocabulary, found \(found). "
        + "Give the tokenizer that the model was made for."
    case .otherWeights(let path, let areQuantized):
      areQuantized
        ? "\(path): expected single-precision weights, as config.json says, found 8-bit ones. "
          + "Restore the file that belongs to this folder."
        : "\(path): expected 8-bit weights, as config.json says, found single-precision ones. "
          + "Restore the file that belongs to this folder, or export the model again."
    case .notEmpty(let path):
      "\(path): expected no folder or an empty one, found one that holds something, which is never replaced. "
        + "Name another folder with --output."
    case .cannotCreate(let path, let reason):
      "\(path): the folder cannot be made: \(reason). Choose another place with --model."
    }
  }
}
