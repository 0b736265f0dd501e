internal import TsuzuriArchive

/// How much of the log was written when a checkpoint was made, and what it was.
package struct LoggedPart: Codable, Sendable, Hashable {
  /// The length of the lines together, in bytes.
  package var bytes = 0
  /// The checksum of each line, with that of the lines before it as its seed.
  package var checksum: UInt64 = 0

  package init() {}

  /// Takes in a line with its end.
  mutating func add(_ line: UnsafeRawBufferPointer) {
    var next = Checksum(seed: checksum)
    next.update(line)
    (bytes, checksum) = (bytes + line.count, next.value)
  }
}
