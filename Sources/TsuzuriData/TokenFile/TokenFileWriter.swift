import Foundation
import TsuzuriArchive
import TsuzuriText

/// Writes a token file: under a temporary name first, under its own when it is whole.
///
/// What is written is locked meanwhile. So what a killed process left of its file can be told from the file of one that is
/// at work, and goes when the next one is begun in the folder.
package final class TokenFileWriter {
  private let path: String
  private let temporaryPath: String
  private let descriptor: Int32
  private let idWidth: Int
  private var blocks = TokenBlocks()
  private var buffer: UnsafeMutableRawBufferPointer
  private var buffered = 0
  /// How many tokens were appended.
  package private(set) var count = 0
  private var isFinished = false

  /// Begins the file that will stand at `path`, with ids below `vocabularyCount`.
  ///
  /// - Throws: `TokenFileError.unwritable`.
  package init(path: String, vocabularyCount: Int) throws {
    self.path = path
    // The process's number keeps two runs on the same corpus out of each other's way.
    temporaryPath = "\(path).\(getpid()).part"
    idWidth = vocabularyCount <= 65_536 ? 2 : 4
    Self.removeLeftovers(in: AtomicFile.folder(of: path))
    do {
      descriptor = try AtomicFile.openLocked(temporaryPath, O_RDWR)
    } catch let error as SystemError {
      throw TokenFileError.cannotWrite(path, error)
    }
    buffer = .allocate(byteCount: 1 << 20, alignment: 16)
    // The header is written last: until then the file is no token file.
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    try write(UnsafeRawBufferPointer(rebasing: buffer[..<TokenFileHeader.size]))
  }

  deinit {
    buffer.deallocate()
    if !isFinished { unlink(temporaryPath) }
    close(descriptor)
  }

  /// Removes the unfinished files of processes that are gone: those that nobody has locked.
  private static func removeLeftovers(in folder: String) {
    let unfinished = #/(tsuzuri-[0-9A-F-]{36}|[0-9a-f]{32})\.tokens\.[0-9]+\.part/#
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      guard name.wholeMatch(of: unfinished) != nil else { continue }
      let descriptor = open("\(folder)/\(name)", O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
      guard descriptor >= 0 else { continue }
      // Between the two its owner may have given it its own name, and another one have begun under this one.
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0, AtomicFile.isNamed("\(folder)/\(name)", descriptor) {
        unlink("\(folder)/\(name)")
      }
      close(descriptor)
    }
  }

  /// Adds `ids` at the end.
  ///
  /// - Throws: `TokenFileError.unwritable`.
  package func append(_ ids: UnsafeBufferPointer<Int32>) throws {
    var taken = 0
    while taken < ids.count {
      let room = (buffer.count - buffered) / idWidth
      let step = min(room, ids.count - taken)
      guard let base = buffer.baseAddress?.advanced(by: buffered) else { return }
      if idWidth == 2 {
        let target = base.assumingMemoryBound(to: UInt16.self)
        for i in 0..<step { target[i] = UInt16(truncatingIfNeeded: ids[taken + i]).littleEndian }
      } else {
        let target = base.assumingMemoryBound(to: UInt32.self)
        for i in 0..<step { target[i] = UInt32(truncatingIfNeeded: ids[taken + i]).littleEndian }
      }
      buffered += step * idWidth
      taken += step
      if buffered == buffer.count { try flush() }
    }
    count += ids.count
  }

  /// Adds one token at the end.
  package func append(_ id: Int32) throws {
    try withUnsafePointer(to: id) { try append(UnsafeBufferPointer(start: $0, count: 1)) }
  }

  /// Reads the last `count` tokens back, in pieces and in order.
  package func forEachToken(last count: Int, _ body: (Int32) -> Void) throws {
    try flush()
    var offset = TokenFileHeader.size + (self.count - count) * idWidth
    let end = TokenFileHeader.size + self.count * idWidth
    while offset < end {
      let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, end - offset)])
      do {
        guard try SystemIO.readAll(into: bytes, from: descriptor, at: offset) else { throw SystemError(code: EIO) }
      } catch let error as SystemError {
        throw TokenFileError.unreadable(path: path, reason: error.reason)
      }
      for i in 0..<bytes.count / idWidth {
        if idWidth == 2 {
          body(Int32(UInt16(littleEndian: bytes.load(fromByteOffset: i * 2, as: UInt16.self))))
        } else {
          body(Int32(bitPattern: UInt32(littleEndian: bytes.load(fromByteOffset: i * 4, as: UInt32.self))))
        }
      }
      offset += bytes.count
    }
  }

  /// Writes the hashes of the blocks and the header, whose width, count and hash are the writer's, and gives the file
  /// its name, under which it outlives a failure of the machine.
  ///
  /// - Parameter isKept: whether it is to have one. One that is not keeps its temporary name, and goes with this object: it
  ///   stays readable for who has opened it by then.
  /// - Returns: where the file is.
  /// - Throws: `TokenFileError.unwritable`.
  @discardableResult
  package func finish(_ header: TokenFileHeader, isKept: Bool = true) throws -> String {
    try flush()
    var header = header
    header.idWidth = idWidth
    header.count = count
    blocks.finish()
    try blocks.bytes.withUnsafeBytes { try write($0) }
    header.blockHash = blocks.hash
    try header.bytes.withUnsafeBytes { try write($0, at: 0) }
    guard isKept else { return temporaryPath }
    guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else {
      throw TokenFileError.cannotWrite(path, .last)
    }
    isFinished = true
    return path
  }

  private func flush() throws {
    let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<buffered])
    blocks.update(bytes)
    try write(bytes)
    buffered = 0
  }

  private func write(_ bytes: UnsafeRawBufferPointer, at offset: Int? = nil) throws {
    do {
      try SystemIO.writeAll(bytes, to: descriptor, at: offset, point: .tokens)
    } catch {
      throw TokenFileError.cannotWrite(path, error)
    }
  }
}
