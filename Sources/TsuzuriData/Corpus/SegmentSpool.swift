import Foundation
import Synchronization
import TsuzuriArchive
import TsuzuriText

/// A file without a name that holds a corpus as numbered segments between the passes, so that the memory needed does
/// not grow with the corpus. The system takes it back when the process ends, however it ends.
///
/// Several threads write and read at once. It is read and not mapped: the pages of a mapping would count as memory of
/// this process for as long as the system has no better use for them.
final class SegmentSpool: Sendable {
  private let folder: String
  private let descriptor: Int32
  private let size = Mutex(0)

  init(folder: String) throws {
    self.folder = folder
    var template = Array("\(folder)/segments-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw Self.error(folder) }
    unlink(template)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Writes `bytes` and returns where they begin.
  func append(_ bytes: UnsafeRawBufferPointer) throws -> Int {
    let start = size.withLock { size in
      defer { size += bytes.count }
      return size
    }
    do {
      try SystemIO.writeAll(bytes, to: descriptor, at: start, point: .tokens)
    } catch {
      throw Self.error(folder, error)
    }
    return start
  }

  /// Writes what an array holds.
  func append<T: BitwiseCopyable>(_ values: [T]) throws -> Int { try values.withUnsafeBytes { try append($0) } }

  /// Reads `count` values that were written at `offset`.
  func read<T: BitwiseCopyable>(_: T.Type, count: Int, at offset: Int) throws -> [T] {
    try [T](unsafeUninitializedCapacity: count) { buffer, filled in
      let bytes = UnsafeMutableRawBufferPointer(
        rebasing: UnsafeMutableRawBufferPointer(buffer)[..<(count * MemoryLayout<T>.stride)])
      do {
        // What was written is there, unless the disk has lost it.
        guard try SystemIO.readAll(into: bytes, from: descriptor, at: offset) else { throw SystemError(code: EIO) }
      } catch let error as SystemError {
        throw Self.error(folder, error)
      }
      filled = count
    }
  }

  /// The system's last error, or another one.
  private static func error(_ folder: String, _ error: SystemError = .last) -> CorpusError {
    .spool(folder: folder, reason: error.reason, advice: error.advice)
  }

  /// The segment numbers of a block.
  func numbers(of block: SpooledBlock) throws -> SegmentNumbers {
    block.isNarrow
      ? .narrow(try read(UInt16.self, count: block.segmentCount, at: block.offset))
      : .wide(try read(UInt32.self, count: block.segmentCount, at: block.offset))
  }

  /// How often each number of a dictionary stands in its chapter.
  func counts(of dictionary: SpooledDictionary) throws -> [UInt32] {
    try read(UInt32.self, count: dictionary.count, at: dictionary.countsOffset)
  }

  /// The segments that the numbers of a dictionary stand for.
  func texts(of dictionary: SpooledDictionary) throws -> SegmentTexts {
    SegmentTexts(
      ends: try read(UInt32.self, count: dictionary.count, at: dictionary.endsOffset),
      text: try read(UInt8.self, count: dictionary.textCount, at: dictionary.textOffset))
  }
}
