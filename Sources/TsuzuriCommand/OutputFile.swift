import Foundation
import TsuzuriArchive

/// A file that a command writes when its work is done.
struct OutputFile {
  /// Where.
  let path: String
  /// What messages call it, such as `page`.
  let kind: String
  /// The option that names it.
  let option: String

  /// Makes sure that it can be written: what cannot should not cost an hour first.
  func check() throws {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      throw CommandError.unusableFile(
        path: path, reason: "expected a file for the \(kind), found a folder",
        advice: "Name a file in it with \(option).")
    }
    guard FileManager.default.isWritableFile(atPath: AtomicFile.folder(of: path)) else {
      throw CommandError.unusableFile(
        path: path, reason: "the \(kind) cannot be written there", advice: "Choose another place with \(option).")
    }
  }

  /// Writes it; what stood there stays whole until then.
  func write(_ text: String) throws { try AtomicFile.replace(path, with: text) }
}
