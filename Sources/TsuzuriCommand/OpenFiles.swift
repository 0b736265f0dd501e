import Glibc

/// The files that the process may still open.
enum OpenFiles {
  /// As many as the system's own libraries open when the first thread begins to work, and a model's and a text's on top.
  static let needed = 8

  /// Makes sure that there is room for as many as any command needs.
  ///
  /// libdispatch stops the process where it cannot have the few that it waits on: there would be no message.
  ///
  /// - Throws: ``CommandError/tooFewFiles(needed:available:)``.
  static func ensureRoom() throws {
    var opened: [Int32] = []
    defer { opened.forEach { close($0) } }
    while opened.count < needed {
      let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
      // Without /dev/null nothing can be told in this way.
      guard descriptor >= 0 else {
        if errno == EMFILE { throw CommandError.tooFewFiles(needed: needed, available: opened.count) }
        return
      }
      opened.append(descriptor)
    }
  }
}
