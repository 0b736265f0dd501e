public import TsuzuriArchive

/// What can be wrong with a corpus as a whole. Each description says what, where and what to do.
public enum CorpusError: DescribedError, Equatable {
  /// There is no text in it.
  case empty(names: [String])
  /// A file changed between the beginning and the end of reading.
  case changedWhileRead(path: String)
  /// No share of the text can be such a fraction of it.
  case badFraction(Double)
  /// The fraction leaves nothing on one side.
  case nothingToValidate(fraction: Double, tokens: Int)
  /// The fraction leaves nothing on the other side.
  case nothingToTrain(fraction: Double, tokens: Int)
  /// The folder for the token files cannot be made; the reason is the system's own.
  case cacheFolder(path: String, reason: String)
  /// A file for the segments between two passes cannot be used; the reason is the system's own.
  case spool(folder: String, reason: String, advice: String)

  /// The message.
  public var description: String {
    switch self {
    case .empty(let names):
      let all = names.count > 3 ? names.prefix(3) + ["\(names.count - 3) more"] : names[...]
      return "\(all.joined(separator: ", ")): there is no text in \(names.count == 1 ? "it" : "them"). "
        + "Name a text that is not empty."
    case .changedWhileRead(let path):
      return "\(path): the file changed while it was read. Run again when nothing writes to it."
    case .badFraction(let fraction):
      return "the validation fraction \(fraction) is not one: expected 0 (none) or more, and less than 1."
    case .nothingToValidate(let fraction, let tokens):
      return "the validation fraction \(fraction) of \(tokens) tokens leaves none to validate on. "
        + "Give more text, a larger fraction, a validation file, or 0 for none."
    case .nothingToTrain(let fraction, let tokens):
      return "the validation fraction \(fraction) of \(tokens) tokens leaves none to train on. "
        + "Give more text or a smaller fraction."
    case .cacheFolder(let path, let reason):
      return "\(path): the folder for token files cannot be made: \(reason). Choose another."
    case .spool(let folder, let reason, let advice):
      return "\(folder): no file can be written or read here while the corpus is read: \(reason). \(advice). "
        + "The folder comes from --cache, XDG_CACHE_HOME or TMPDIR."
    }
  }
}
