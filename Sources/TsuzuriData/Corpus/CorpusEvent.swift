/// What happens while a corpus becomes tokens.
public enum CorpusEvent: Sendable, Equatable {
  /// So many bytes of normalised text were read, of about `total` where that is known.
  case reading(bytes: Int, total: Int?)
  /// All text was read; the vocabulary is being chosen.
  case buildingVocabulary
  /// The tokens are being written to `path`.
  case writing(path: String)
  /// The tokens at `path` were made before and serve again.
  case reused(path: String)
  /// The tokens at `path` cannot be used and are made again.
  case remade(path: String, reason: String)
}
