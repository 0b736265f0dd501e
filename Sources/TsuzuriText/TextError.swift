public import TsuzuriArchive

/// What can be wrong with a text that comes from outside. Each description says what, where and what to do.
public enum TextError: DescribedError, Equatable {
  /// There is no file or folder of this name.
  case notFound(path: String)
  /// The system would not open or read the file or folder; the reason is the system's own.
  case unreadable(path: String, reason: String)
  /// The folder, and what lies below it, holds no `.txt` and no `.txt.gz`.
  case folderWithoutText(path: String)
  /// The gzip data stops inside a member; the offset counts the file's bytes.
  case gzipEndsEarly(name: String, offset: Int)
  /// The gzip data contradicts itself; the offset counts the file's bytes, the reason is zlib's own.
  case gzipDamaged(name: String, offset: Int, reason: String)
  /// ICU knows no encoding of this name.
  case unknownEncoding(String)
  /// ICU knows no charset of this name.
  case unknownCharset(String)
  /// Bytes that mean nothing in the encoding; the offset counts the bytes of the text, decompressed.
  case invalidBytes(name: String, offset: Int, bytes: [UInt8], encoding: String)
  /// An encoding's bytes stand for one half of a surrogate pair, which is no character.
  case unpairedSurrogate(name: String, offset: Int, unit: UInt16, encoding: String)
  /// ICU knows no language of this name.
  case unknownLocale(String)
  /// ICU reported an error that names neither bytes nor a file.
  case icu(operation: String, code: String)

  /// The message.
  public var description: String {
    switch self {
    case .notFound(let path):
      "\(path): no such file or folder. Check the name, or give '-' to read standard input."
    case .unreadable(let name, let reason):
      "\(name): cannot be read: \(reason). Check its kind and its permissions."
    case .folderWithoutText(let path):
      "\(path): the folder holds no .txt and no .txt.gz file, nor do the folders below it. "
        + "Name a file, or give the texts one of these endings."
    case .gzipEndsEarly(let name, let offset):
      "\(name): the gzip data ends early, at byte offset \(offset). Fetch or compress the file again."
    case .gzipDamaged(let name, let offset, let reason):
      "\(name): the gzip data is damaged near byte offset \(offset): \(reason). Fetch or compress the file again."
    case .unknownEncoding(let name):
      "'\(name.shownPlain)' is no encoding that ICU knows. Use 'auto', or a name such as UTF-8, UTF-16LE, Shift_JIS or EUC-JP."
    case .unknownCharset(let name):
      "'\(name.shownPlain)' is no charset that ICU knows. Use a name such as ISO-2022-JP, EUC-JP or windows-1252."
    case .invalidBytes(let name, let offset, [], let encoding):
      "\(name): the text ends within a character of \(encoding.shownPlain), at byte offset \(offset). Fetch the file again, "
        + "name the right encoding with '--encoding', or put U+FFFD in place of such bytes with '--lossy'."
    case .invalidBytes(let name, let offset, let bytes, let encoding):
      "\(name): \(bytes.count == 1 ? "the byte" : "the bytes") \(Self.hexadecimal(bytes)) at byte offset \(offset) "
        + "\(bytes.count == 1 ? "means" : "mean") nothing in \(encoding.shownPlain). Name the right encoding with '--encoding', "
        + "or put U+FFFD in place of such bytes with '--lossy'."
    case .unpairedSurrogate(let name, let offset, let unit, let encoding):
      "\(name): the \(encoding.shownPlain) at byte offset \(offset) stands for U+\(String(unit, radix: 16, uppercase: true)), half "
        + "of a surrogate pair, where its other half is missing. Name the right encoding with '--encoding', or put U+FFFD in "
        + "place of such halves with '--lossy'."
    case .unknownLocale(let name):
      "'\(name.shownPlain)' is no locale that ICU knows. Use a language such as ja, en or th."
    case .icu(let operation, let code):
      "ICU could not \(operation.shownPlain): \(code). Check the installation of libicu."
    }
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined(separator: " ")
  }
}
