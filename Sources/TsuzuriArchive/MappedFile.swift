import Glibc

/// A whole file mapped into memory, read only.
///
/// The bytes stay valid while the object lives, also when the file is meanwhile replaced by rename, which is how
/// ``AtomicFile`` does it. (A file that is cut short *in place* while it is mapped faults on access; no tool of ours
/// does that.)
final class MappedFile: @unchecked Sendable {
  // SAFETY: the mapping is made once, is never written, and is undone only by `deinit`.

  let path: String
  let bytes: UnsafeRawBufferPointer

  /// - Throws: `ArchiveError.unreadable`.
  init(path: String) throws {
    self.path = path
    // Without waiting: a pipe that nobody writes to would keep us here for ever.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw ArchiveError.unreadable(path: path, reason: SystemError.last.reason) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw ArchiveError.unreadable(path: path, reason: SystemError.last.reason)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw ArchiveError.unreadable(path: path, reason: "It is no regular file")
    }
    let size = Int(status.st_size)
    // mmap refuses a length of zero.
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw ArchiveError.unreadable(path: path, reason: SystemError.last.reason)
    }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
  }

  deinit {
    if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
  }
}
