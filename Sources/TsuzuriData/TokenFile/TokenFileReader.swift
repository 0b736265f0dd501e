import Glibc
import TsuzuriArchive

/// A token file that is open, of which any part can be read.
///
/// It is read and not mapped: a page of a mapping that lies beyond the end of a file which was cut short stops the process,
/// and a read tells.
final class TokenFileReader: Sendable {
  /// The size that the file had when it was opened.
  let size: Int
  private let path: String
  private let descriptor: Int32

  init(path: String) throws {
    self.path = path
    // Without waiting: a pipe that nobody writes to would keep us here for ever.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw TokenFileError.unreadable(path: path, reason: SystemError.last.reason)
    }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else {
      let reason = SystemError.last.reason
      close(descriptor)
      throw TokenFileError.unreadable(path: path, reason: reason)
    }
    guard information.st_mode & S_IFMT == S_IFREG, information.st_size >= TokenFileHeader.size else {
      close(descriptor)
      throw TokenFileError.notATokenFile(path: path)
    }
    size = Int(information.st_size)
  }

  /// When the file was last written to, in nanoseconds.
  ///
  /// - Throws: `TokenFileError.wrongLength` where it has another size than when it was opened.
  func modificationTime() throws -> Int {
    var information = stat()
    guard fstat(descriptor, &information) == 0 else {
      throw TokenFileError.unreadable(path: path, reason: SystemError.last.reason)
    }
    guard Int(information.st_size) == size else {
      throw TokenFileError.wrongLength(path: path, expected: size, found: Int(information.st_size))
    }
    let time = information.st_mtim
    return Int(time.tv_sec) &* 1_000_000_000 &+ Int(time.tv_nsec)
  }

  /// Fills `destination` with the bytes from `offset` on.
  func read(at offset: Int, into destination: UnsafeMutableRawBufferPointer) throws {
    do {
      if try SystemIO.readAll(into: destination, from: descriptor, at: offset) { return }
    } catch {
      throw TokenFileError.unreadable(path: path, reason: error.reason)
    }
    // The file ends before it should; or it did, and its length is as it was.
    _ = try modificationTime()
    throw TokenFileError.damagedTokens(path: path)
  }

  /// The bytes of `range`.
  func bytes(_ range: Range<Int>) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      try read(
        at: range.lowerBound,
        into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<range.count]))
      count = range.count
    }
  }

  deinit { close(descriptor) }
}
