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
}
