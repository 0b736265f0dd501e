public import TsuzuriArchive

/// What can be wrong with a token file. Each description says where, what was expected, what was found, what to do.
public enum TokenFileError: DescribedError, Equatable {
  /// The file cannot be opened or read; the reason is the system's own.
  case unreadable(path: String, reason: String)
  /// The file cannot be written; the reason is the system's own.
  case unwritable(path: String, reason: String, advice: String)
  /// The file does not begin as a token file.
  case notATokenFile(path: String)
  /// The file was written in another version of the format.
  case unknownVersion(path: String, expected: Int, found: Int)
  /// The header contradicts its checksum or itself.
  case damagedHeader(path: String)
  /// The file is longer or shorter than its header says.
  case wrongLength(path: String, expected: Int, found: Int)
  /// The tokens contradict their checksum.
  case damagedTokens(path: String)

  /// The message.
  public var description: String {
    let remake = "Delete it; it is made again from the corpus."
    switch self {
    case .unreadable(let path, let reason):
      return "\(path): the token file cannot be read: \(reason). Check the path, its permissions and the disk."
    case .unwritable(let path, let reason, let advice):
      return
        "\(path): the token file cannot be written: \(reason). \(advice). Its folder comes from --cache, XDG_CACHE_HOME or TMPDIR."
    case .notATokenFile(let path): return "\(path): this is not a token file. \(remake)"
    case .unknownVersion(let path, let expected, let found):
      return "\(path): expected a token file of format \(expected), found format \(found). \(remake)"
    case .damagedHeader(let path): return "\(path): the token file's header is damaged. \(remake)"
    case .wrongLength(let path, let expected, let found):
      return "\(path): expected a token file of \(expected) bytes, found \(found). \(remake)"
    case .damagedTokens(let path):
      return "\(path): the token file's tokens are damaged: they contradict its checksum. \(remake)"
    }
  }

  /// The error of a file that cannot be written.
  static func cannotWrite(_ path: String, _ error: SystemError) -> TokenFileError {
    .unwritable(path: path, reason: error.reason, advice: error.advice)
  }
}
