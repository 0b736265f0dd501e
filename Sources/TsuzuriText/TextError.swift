/// What can be wrong with a text that comes from outside. Each description says what, where and what to do.
public enum TextError: Error, Equatable, CustomStringConvertible {
  /// There is no file or folder of this name.
  case notFound(path: String)
  /// The system would not open or read the file; the reason is the system's own.
  case unreadable(path: String, reason: String)
  /// The folder, and what lies below it, holds no `.txt` and no `.txt.gz`.
  case folderWithoutText(path: String)
  /// ICU reported an error that names neither bytes nor a file.
  case icu(operation: String, code: String)

  /// The message.
  public var description: String {
    switch self {
    case .notFound(let path):
      "\(path): no such file or folder. Check the name, or give '-' to read standard input."
    case .unreadable(let path, let reason):
      "\(path): cannot be read: \(reason)."
    case .folderWithoutText(let path):
      "\(path): the folder holds no .txt and no .txt.gz file, nor do the folders below it. "
        + "Name a file, or give the texts one of these endings."
    case .icu(let operation, let code):
      "ICU could not \(operation): \(code). Check the installation of libicu."
    }
  }
}
