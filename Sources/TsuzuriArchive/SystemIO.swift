import Glibc

/// Whole writes and reads, however many calls of the system they take.
package enum SystemIO {
  /// Writes all bytes: at the file's position, or from `offset` on.
  ///
  /// - Parameter point: where a test may have it fail, or die in the middle.
  package static func writeAll(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int? = nil, point: FaultPoint
  ) throws(SystemError) {
    var done = 0
    while done < bytes.count {
      let start = bytes.baseAddress?.advanced(by: done)
      let (count, fault) = point.cut(bytes.count - done)
      var written = offset.map { pwrite(descriptor, start, count, off_t($0 + done)) } ?? write(descriptor, start, count)
      if let code = fault.flatMap(FaultPoint.strike) { (written, errno) = (-1, code) }
      if written < 0 {
        let error = SystemError.last
        if error.code == EINTR { continue }
        throw error
      }
      done += written
    }
  }

  /// Makes a folder, and those above it, where they are missing. Each that was made is on the disk before anything is in it.
  package static func makeFolder(_ path: String) throws(SystemError) {
    var folder = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      let parent = folder
      folder += part
      if mkdir(folder, 0o777) == 0 {
        synchronizeFolder(parent.isEmpty ? "." : parent)
      } else {
        let code = errno
        var status = stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
          throw SystemError(code: code == EEXIST ? ENOTDIR : code)
        }
      }
      folder += "/"
    }
  }

  /// Waits until the names in a folder are on the disk, where the system allows that.
  private static func synchronizeFolder(_ path: String) {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  /// Fills `destination` with the bytes from `offset` on.
  ///
  /// - Returns: whether there were as many; what the file lacks is left as it was.
  package static func readAll(
    into destination: UnsafeMutableRawBufferPointer, from descriptor: Int32, at offset: Int
  ) throws(SystemError) -> Bool {
    var done = 0
    while done < destination.count {
      let start = destination.baseAddress?.advanced(by: done)
      let count = pread(descriptor, start, destination.count - done, off_t(offset + done))
      if count < 0 {
        let error = SystemError.last
        if error.code == EINTR { continue }
        throw error
      }
      if count == 0 { return false }
      done += count
    }
    return true
  }
}
