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
  /// - Throws: `TextError` where a name leads nowhere, a folder holds no text, or a folder or what is in it cannot be looked
  ///   at.
  public static func sources(at arguments: [String]) throws -> [TextSource] {
    var sources: [TextSource] = []
    for argument in arguments {
      if argument == "-" {
        sources.append(.standardInput)
        continue
      }
      guard let kind = try kind(of: argument) else { throw TextError.notFound(path: argument) }
      if kind != S_IFDIR {
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
      // A link that leads nowhere is no text.
      guard let kind = try kind(of: path) else { continue }
      if kind != S_IFDIR {
        if isText(name) && kind == S_IFREG { found.append(path) }
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
    errno = 0
    while let entry = readdir(stream) {
      let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
      let bytes = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
      let name = String(cString: bytes)
      if String(validatingCString: bytes) == nil, isText(name) {
        throw TextError.unreadable(path: folder + "/" + name, reason: "its name is not in UTF-8")
      }
      names.append(name)
      errno = 0
    }
    guard errno == 0 else { throw TextError.unreadable(path: folder, reason: SystemError.last.reason) }
    return names.filter { $0 != "." && $0 != ".." }
  }

  private static func isText(_ name: String) -> Bool { name.hasSuffix(".txt") || name.hasSuffix(".txt.gz") }

  /// What a path leads to, as `stat` says it, such as `S_IFDIR`; nil where it leads nowhere.
  ///
  /// - Throws: `TextError.unreadable` where that cannot be found out: a text must not be left out for it without a word.
  private static func kind(of path: String) throws -> mode_t? {
    var status = stat()
    if stat(path, &status) == 0 { return status.st_mode & S_IFMT }
    if [ENOENT, ENOTDIR, ELOOP].contains(errno) { return nil }
    throw TextError.unreadable(path: path, reason: SystemError.last.reason)
  }
}
