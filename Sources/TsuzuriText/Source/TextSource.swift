/// Where the bytes of one text come from.
public enum TextSource: Sendable {
  /// A file, which may be compressed by gzip.
  case file(String)
  /// What the process is given on standard input; it can be read once.
  case standardInput
  /// A text in memory.
  case text(String)
  /// Bytes in memory, and the name under which errors speak of them.
  case bytes([UInt8], name: String)

  /// The name under which errors speak of the text.
  public var name: String {
    switch self {
    case .file(let path): path
    case .standardInput: "standard input"
    case .text: "text"
    case .bytes(_, let name): name
    }
  }
}
