import Glibc

/// A folder held by one process, so that two trainings do not write into one model.
///
/// The lock is the operating system's (`flock` on the file `.lock` in the folder): it goes with the process, however
/// that ends, so no lock of a crashed run is ever in the way. The file itself stays; it names the last holder.
/// Call ``release()`` at the end (`defer`): a lock that nobody mentions any more may be given up at once.
public final class FolderLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock of `folder`, which must exist.
  /// - Throws: `ArchiveError.folderInUse` while another holder has it, `ArchiveError.unwritable` where `.lock` cannot
  ///   be made.
  public init(_ folder: String) throws {
    let name = folder.hasSuffix("/") ? "\(folder).lock" : "\(folder)/.lock"
    descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard descriptor >= 0 else {
      let error = SystemError.last
      throw ArchiveError.unwritable(path: name, reason: error.reason, advice: "\(error.advice).")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      // errno is EWOULDBLOCK: held. Anything else means a file system without locks, where there is nothing to hold.
      guard errno == EWOULDBLOCK else { return }
      let holder = Self.holder(descriptor)
      // All fields are set, so `deinit` runs and closes the file.
      throw ArchiveError.folderInUse(folder: folder, process: holder)
    }
    let text = "\(getpid())\n"
    if ftruncate(descriptor, 0) == 0 { _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) } }
  }

  /// Gives the folder back. Doing so twice does no harm.
  public func release() {
    flock(descriptor, LOCK_UN)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  private static func holder(_ descriptor: Int32) -> Int? {
    var digits = [UInt8](repeating: 0, count: 20)
    let count = pread(descriptor, &digits, digits.count, 0)
    return Int(String(decoding: digits.prefix(max(count, 0)).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
  }
}
