public import TsuzuriArchive

/// What can be wrong with token ids that come from outside.
public enum TokenizerError: DescribedError, Equatable {
  /// The id is not one of the vocabulary's.
  case idOutOfRange(id: Int, count: Int)

  /// The message.
  public var description: String {
    switch self {
    case .idOutOfRange(let id, let count):
      "the id \(id) is not in the vocabulary, whose ids are 0 to \(count - 1). "
        + "Give ids that were made with the same vocabulary."
    }
  }
}
