import Glibc

/// What can go wrong with a file on disk, with a message that says what, where, and what to do.
///
/// Names that come from a file are shown quoted, escaped and shortened: a file from elsewhere must not be able to
/// fill the screen or to write control sequences to a terminal.
public enum ArchiveError: DescribedError, Hashable {
  /// The file cannot be opened or mapped.
  case unreadable(path: String, reason: String)
  /// The file cannot be written; whatever stood there before is unchanged.
  case unwritable(path: String, reason: String, advice: String)
  /// The file breaks its format.
  case malformed(path: String, tensor: String?, expected: String, found: String)
  /// The file is not what its checksum says. The advice goes on after "copy it again".
  case damaged(path: String, expected: String, found: String, advice: String)
  /// The file is larger than any of its kind.
  case tooLarge(path: String, bytes: Int, limit: Int)
  /// The file holds no tensor of that name.
  case missingTensor(path: String, name: String)
  /// A tensor's shape is not the one that the model asks for.
  case shapeMismatch(path: String, name: String, expected: [Int], found: [Int])
  /// A tensor's element type cannot be read as the one that is asked for.
  case typeMismatch(path: String, name: String, expected: String, found: String)
  /// Another process holds the folder's lock.
  case folderInUse(folder: String, process: Int?)
}

extension ArchiveError {
  /// Whether a file is there that could not be read this time, for want of a descriptor say. It may be whole.
  package var mayPass: Bool {
    guard case .unreadable(let path, _) = self else { return false }
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }
}

extension ArchiveError {
  /// The same of what could not be written into `folder`, told of as of the file in `other` that it was to become.
  package func renamed(from folder: String, to other: String) -> ArchiveError {
    guard case .unwritable(let path, let reason, let advice) = self, path.hasPrefix(folder + "/") else { return self }
    return .unwritable(path: other + path.dropFirst(folder.count), reason: reason, advice: advice)
  }
}

extension ArchiveError {
  /// The message.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "\(path): cannot be read: \(reason). Check the path and its permissions."
    case .unwritable(let path, let reason, let advice):
      "\(path): cannot be written: \(reason). \(advice)"
    case .malformed(let path, let tensor, let expected, let found):
      "\(path)\(tensor.map { ", tensor \($0.shown)" } ?? ""): expected \(expected), found \(found). "
        + "The file is damaged, cut short, or no safetensors file: copy it again or make it anew."
    case .damaged(let path, let expected, let found, let advice):
      "\(path): expected content with the checksum \(expected.shown), found \(found.shown). The file is damaged: "
        + "copy it again, \(advice)."
    case .tooLarge(let path, let bytes, let limit):
      "\(path): expected at most \(limit) bytes, found \(bytes). No file of this kind is so large: copy it again."
    case .missingTensor(let path, let name):
      "\(path): expected a tensor \(name.shown), found none of that name. "
        + "The file belongs to another kind of model, or is not complete."
    case .shapeMismatch(let path, let name, let expected, let found):
      "\(path), tensor \(name.shown): expected shape \(expected), found \(found). "
        + "The file belongs to a model of other sizes: compare them with 'tsuzuri info'."
    case .typeMismatch(let path, let name, let expected, let found):
      "\(path), tensor \(name.shown): expected \(expected), found \(found). Convert the file to F32 first."
    case .folderInUse(let folder, let process):
      "\(folder): in use by \(process.map { "process \($0)" } ?? "another process"). "
        + "Wait until it has ended, or choose another folder."
    }
  }
}
