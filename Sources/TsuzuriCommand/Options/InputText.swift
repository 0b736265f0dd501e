import ArgumentParser
import Foundation

/// A file in UTF-8 that an option names.
enum InputText {
  /// Refuses a command line on which `-` stands for more than one of the texts.
  static func checkStandardInputIsReadOnce(_ paths: [String], _ others: String?...) throws {
    guard (paths + others.compactMap(\.self)).count(where: { $0 == "-" }) > 1 else { return }
    throw ValidationError("-: standard input can be read once only. Give it once.")
  }

  /// The whole text of a file, or of standard input for `-`.
  ///
  /// - Parameter what: what the file holds, with its article.
  static func read(_ path: String, _ what: String) throws -> String {
    let known = what.hasPrefix("a ") ? "the " + what.dropFirst(2) : "the " + what
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      throw CommandError.unusableFile(
        path: path, reason: "expected a file with \(known), found a folder", advice: "Name a file in it.")
    }
    let data: Data?
    if path == "-" {
      data = FileHandle.standardInput.readDataToEndOfFile()
    } else {
      data = FileManager.default.contents(atPath: path)
    }
    guard let data else {
      throw CommandError.unusableFile(
        path: path, reason: "\(known) cannot be read", advice: "Check the name, or give '-' for standard input.")
    }
    guard var text = String(validating: data, as: UTF8.self) else {
      throw CommandError.unusableFile(
        path: path, reason: "expected \(what) in UTF-8, found other bytes",
        advice: "Convert the file, for example with iconv.")
    }
    // Editors on some systems put a mark before the first character.
    if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
    return text
  }
}
