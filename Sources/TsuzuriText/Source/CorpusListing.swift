import Foundation
import TsuzuriArchive

/// Finds the texts of a corpus: files, folders of them, and standard input.
public enum CorpusListing {
  /// The texts that the arguments name, in the order of the arguments.
  ///
  /// A folder stands for every `.txt` and `.txt.gz` below it, in the order of their paths' UTF-8 bytes; `-` stands for
  /// standard input. Links to files are followed, links to folders below the named one are not, so that no circle is
  /// walked. A pipe or a device is read where it is named, and passed over in a folder, where nobody has asked for it.
  ///
  /// - Throws: `TextError` where a name leads nowhere, a folder holds no text, or a folder cannot be read.
  public static func sources(at arguments: [String]) throws -> [TextSource] {
    var sources: [TextSource] = []
    for argument in arguments {
      if argument == "-" {
        sources.append(.standardInput)
        continue
      }
      guard let isFolder = isFolder(argument) else { throw TextError.notFound(path: argument) }
      if !isFolder {
        sources.append(.file(argument))
        continue
      }
      let folder = argument.count > 1 && argument.hasSuffix("/") ? String(argument.dropLast()) : argument
      let texts = try texts(below: folder).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      if texts.isEmpty { throw TextError.folderWithoutText(path: argument) }
      sources += texts.map { .file($0) }
    }
    return sources
  }

  private static func texts(below folder: String) throws -> [String] {
    let names = try names(in: folder)
    var found: [String] = []
    for name in names {
      let path = folder == "/" ? "/" + name : folder + "/" + name
      let isText = name.hasSuffix(".txt") || name.hasSuffix(".txt.gz")
      guard let isFolder = isFolder(path) else { continue }
      if !isFolder {
        if isText && isRegularFile(path) { found.append(path) }
      } else if (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) == nil {
        found += try texts(below: path)
      }
    }
    return found
  }

  private static func names(in folder: String) throws -> [String] {
    guard let stream = opendir(folder) else {
      throw TextError.unreadable(path: folder, reason: SystemError.last.reason)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
      let name = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
      names.append(String(cString: name))
    }
    return names.filter { $0 != "." && $0 != ".." }
  }

  private static func isRegularFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Whether a path leads to a folder; nil where it leads nowhere.
  private static func isFolder(_ path: String) -> Bool? {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) ? isFolder.boolValue : nil
  }
}
