import Foundation

/// Finds the texts of a corpus: files, folders of them, and standard input.
public enum CorpusListing {
  /// The texts that the arguments name, in the order of the arguments.
  ///
  /// A folder stands for every `.txt` and `.txt.gz` below it, in the order of their paths' UTF-8 bytes; `-` stands for
  /// standard input.
  ///
  /// - Throws: `TextError` where a name leads nowhere, a folder holds no text, or a folder cannot be read.
  public static func sources(at arguments: [String]) throws -> [TextSource] {
    try arguments.flatMap { argument -> [TextSource] in
      if argument == "-" { return [.standardInput] }
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: argument, isDirectory: &isFolder) else {
        throw TextError.notFound(path: argument)
      }
      if !isFolder.boolValue { return [.file(argument)] }
      let texts = try FileManager.default.subpathsOfDirectory(atPath: argument)
        .filter { $0.hasSuffix(".txt") || $0.hasSuffix(".txt.gz") }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      if texts.isEmpty { throw TextError.folderWithoutText(path: argument) }
      return texts.map { .file(argument + "/" + $0) }
    }
  }
}
