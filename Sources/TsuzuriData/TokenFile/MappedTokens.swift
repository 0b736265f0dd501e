import Glibc
import Synchronization

/// A token file as memory.
// SAFETY: the mapping is read-only and private; it and the descriptor live exactly as long as the object.
final class MappedTokens: @unchecked Sendable {
  /// So much is read before the pages are given back, to be mapped again when they are needed.
  private static let largestResidentSize = 16 << 20
  private static let pageSize = 4096

  let bytes: UnsafeRawBufferPointer
  private let path: String
  private let descriptor: Int32
  private let readSize = Atomic(0)

  init(path: String) throws {
    self.path = path
    // Without waiting: a pipe that nobody writes to would keep us here for ever.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw TokenFileError.unreadable(path: path, reason: TokenFileError.systemReason())
    }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else {
      let reason = TokenFileError.systemReason()
      close(descriptor)
      throw TokenFileError.unreadable(path: path, reason: reason)
    }
    guard information.st_mode & S_IFMT == S_IFREG, information.st_size >= TokenFileHeader.size else {
      close(descriptor)
      throw TokenFileError.notATokenFile(path: path)
    }
    let size = Int(information.st_size)
    guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
      let reason = TokenFileError.systemReason()
      close(descriptor)
      throw TokenFileError.unreadable(path: path, reason: reason)
    }
    bytes = UnsafeRawBufferPointer(start: base, count: size)
  }

  /// The size that the file has now, and when it was last written to, in nanoseconds.
  ///
  /// A page beyond the end of a file that was cut short cannot be read any more: the process would be stopped.
  func state() throws -> (size: Int, modified: Int) {
    var information = stat()
    guard fstat(descriptor, &information) == 0 else {
      throw TokenFileError.unreadable(path: path, reason: TokenFileError.systemReason())
    }
    let time = information.st_mtim
    return (Int(information.st_size), Int(time.tv_sec) &* 1_000_000_000 &+ Int(time.tv_nsec))
  }

  /// Counts what was read. Pages that were read once count as memory of this process as long as they are mapped, and a
  /// long run reads a whole corpus.
  func didRead(_ count: Int) {
    let size = count + Self.pageSize
    if readSize.add(size, ordering: .relaxed).newValue >= Self.largestResidentSize { release() }
  }

  /// Gives the pages back. Whoever reads them at the same time gets them again, from the system's cache or the disk.
  private func release() {
    readSize.store(0, ordering: .relaxed)
    madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, MADV_DONTNEED)
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    close(descriptor)
  }
}
