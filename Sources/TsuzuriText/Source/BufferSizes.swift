/// How much of a text is held at a time. The segments do not depend on the first two; tests set them small.
package struct BufferSizes: Sendable {
  /// The bytes that are read, decompressed and decoded at once.
  package var readBytes = 1 << 18
  /// The UTF-16 units after which a block is cut, at the last place where that is safe.
  package var blockUnits = 1 << 17
  /// The scalars after which a cluster, a dictionary run or a combining sequence is cut wherever it stands.
  package var runScalars = 4096

  package init() {}

  package init(readBytes: Int, blockUnits: Int, runScalars: Int = 4096) {
    precondition(readBytes > 0 && blockUnits > 0 && runScalars > 0, "sizes must be positive")
    self.readBytes = readBytes
    self.blockUnits = blockUnits
    self.runScalars = runScalars
  }
}
