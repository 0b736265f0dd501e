import Glibc

/// Small files, such as those of JSON, read whole: no more of them than a limit, and nothing but a regular file.
package enum FileContents {
  /// The bytes of the file at `path`.
  ///
  /// A pipe would keep a reader waiting, a device could be read without end; a link to either is refused as they are.
  ///
  /// - Throws: `ArchiveError.unreadable`, `ArchiveError.tooLarge` where there are more than `limit` bytes.
  package static func read(_ path: String, limit: Int) throws -> [UInt8] {
    let file = try MappedFile(path: path)
    guard file.bytes.count <= limit else {
      throw ArchiveError.tooLarge(path: path, bytes: file.bytes.count, limit: limit)
    }
    return withExtendedLifetime(file) { Array(file.bytes) }
  }

  /// Whether something stands at `path`. What cannot be looked at is not taken for something that is not there.
  ///
  /// - Throws: `ArchiveError.unreadable`.
  package static func exists(_ path: String) throws -> Bool {
    var status = stat()
    if lstat(path, &status) == 0 { return true }
    guard errno == ENOENT || errno == ENOTDIR else {
      throw ArchiveError.unreadable(path: path, reason: SystemError.last.reason)
    }
    return false
  }

  /// Lends the bytes of the file at `path`, however many there are: they stay where they are.
  ///
  /// - Throws: `ArchiveError.unreadable`, and what `body` throws.
  package static func withBytes<Result>(
    of path: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let file = try MappedFile(path: path)
    return try withExtendedLifetime(file) { try body(file.bytes) }
  }

  /// The first `count` bytes of the file at `path`, or all where there are fewer.
  ///
  /// - Throws: `ArchiveError.unreadable`.
  package static func readBeginning(_ path: String, count: Int) throws -> [UInt8] {
    let file = try MappedFile(path: path)
    return withExtendedLifetime(file) { Array(file.bytes.prefix(count)) }
  }
}
