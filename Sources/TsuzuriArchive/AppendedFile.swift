import Glibc

/// A file that grows by whole pieces, such as the lines of a log.
package enum AppendedFile {
  /// Adds `text` to the file at `path`, which is made where there is none. A text that does not fit leaves the file as it
  /// was, where the system allows that.
  /// - Throws: `ArchiveError.unwritable`.
  package static func append(_ text: String, to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw error(path, .last) }
    defer { close(descriptor) }
    let end = lseek(descriptor, 0, SEEK_END)
    var text = text
    let failure = text.withUTF8 { write(UnsafeRawBufferPointer($0), to: descriptor) }
    guard let failure else { return }
    if end >= 0 { _ = ftruncate(descriptor, end) }
    throw error(path, failure)
  }

  /// Waits until everything that was added has reached the disk. A file that is not there needs no waiting.
  /// - Throws: `ArchiveError.unwritable`.
  package static func synchronize(_ path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return }
      throw error(path, .last)
    }
    defer { close(descriptor) }
    // EINVAL and EROFS: a pipe or a device, which has no disk below it.
    if fsync(descriptor) != 0, errno != EINVAL, errno != EROFS { throw error(path, .last) }
  }

  private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> SystemError? {
    var rest = bytes[...]
    while !rest.isEmpty {
      let slice = UnsafeRawBufferPointer(rebasing: rest)
      let (count, fault) = FaultPoint.append.cut(slice.count)
      var written = Glibc.write(descriptor, slice.baseAddress, count)
      if let code = fault.flatMap(FaultPoint.strike) { (written, errno) = (-1, code) }
      if written < 0 {
        let error = SystemError.last
        if error.code == EINTR { continue }
        return error
      }
      rest = rest.dropFirst(written)
    }
    return nil
  }

  private static func error(_ path: String, _ error: SystemError) -> ArchiveError {
    .unwritable(path: path, reason: error.reason, advice: error.advice + "; what stood there before is unchanged.")
  }
}
