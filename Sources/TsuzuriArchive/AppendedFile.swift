import Glibc

/// A file that grows by whole pieces, such as the lines of a log.
package enum AppendedFile {
  /// Adds `text` to the file at `path`, which is made where there is none. A text that does not fit leaves the file as it
  /// was, where the system allows that. A link is refused, and so is a pipe that nobody reads.
  /// - Throws: `ArchiveError.unwritable`.
  package static func append(_ text: String, to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o666)
    guard descriptor >= 0 else { throw error(path, .last) }
    defer { close(descriptor) }
    let end = lseek(descriptor, 0, SEEK_END)
    var text = text
    do {
      try text.withUTF8 { try SystemIO.writeAll(UnsafeRawBufferPointer($0), to: descriptor, point: .append) }
    } catch let failure as SystemError {
      if end >= 0 { _ = ftruncate(descriptor, end) }
      throw error(path, failure)
    }
  }

  /// Waits until everything that was added has reached the disk. A file that is not there needs no waiting.
  /// - Throws: `ArchiveError.unwritable`.
  package static func synchronize(_ path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return }
      throw error(path, .last)
    }
    defer { close(descriptor) }
    // EINVAL and EROFS: a pipe or a device, which has no disk below it.
    if fsync(descriptor) != 0, errno != EINVAL, errno != EROFS { throw error(path, .last) }
  }

  private static func error(_ path: String, _ error: SystemError) -> ArchiveError {
    .unwritable(path: path, reason: error.reason, advice: error.advice + "; what stood there before is unchanged.")
  }
}
