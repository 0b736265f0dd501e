import Foundation
import Synchronization
import TsuzuriText

/// A file without a name that holds a corpus as numbered segments between the passes, so that the memory needed does
/// not grow with the corpus. The system takes it back when the process ends, however it ends.
///
/// Several threads write at once; when all is written, `mapped()` shows it as memory.
final class SegmentSpool: Sendable {
  private let folder: String
  private let descriptor: Int32
  private let size = Mutex(0)

  init(folder: String) throws {
    self.folder = folder
    var template = Array("\(folder)/segments-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw CorpusError.spool(folder: folder, reason: TokenFileError.systemReason()) }
    unlink(template)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Writes `bytes`, beginning at a multiple of 8, and returns where they begin.
  func append(_ bytes: UnsafeRawBufferPointer) throws -> Int {
    let start = size.withLock { size in
      let start = (size + 7) & ~7
      size = start + bytes.count
      return start
    }
    var done = 0
    while done < bytes.count {
      let written = pwrite(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(start + done))
      if written < 0 {
        if errno == EINTR { continue }
        throw CorpusError.spool(folder: folder, reason: TokenFileError.systemReason())
      }
      done += written
    }
    return start
  }

  /// All that was written, as memory.
  func mapped() throws -> SpoolMapping {
    let count = size.withLock { $0 }
    guard count > 0 else { return SpoolMapping(bytes: UnsafeRawBufferPointer(start: nil, count: 0)) }
    guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
      throw CorpusError.spool(folder: folder, reason: TokenFileError.systemReason())
    }
    return SpoolMapping(bytes: UnsafeRawBufferPointer(start: base, count: count))
  }
}

/// What a spool holds.
// SAFETY: the mapping is read-only, nothing is written to the spool any more, and it lives as long as the object.
final class SpoolMapping: @unchecked Sendable {
  private let bytes: UnsafeRawBufferPointer

  init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  deinit {
    if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
  }

  /// The segment numbers of a block.
  func segments(of block: SpooledBlock) -> UnsafeBufferPointer<UInt32> {
    UnsafeBufferPointer(
      start: bytes.baseAddress?.advanced(by: block.offset).assumingMemoryBound(to: UInt32.self),
      count: block.segmentCount)
  }

  /// The segment that a dictionary numbers `index`.
  func segment(_ index: Int, of dictionary: SpooledDictionary) -> UnsafeBufferPointer<UInt8> {
    guard let base = bytes.baseAddress else { return UnsafeBufferPointer(start: nil, count: 0) }
    let ends = base.advanced(by: dictionary.endsOffset).assumingMemoryBound(to: Int.self)
    let text = base.advanced(by: dictionary.textOffset).assumingMemoryBound(to: UInt8.self)
    return UnsafeBufferPointer(start: text + ends[index], count: ends[index + 1] - ends[index])
  }
}

/// Where the numbered segments of one block of text are.
struct SpooledBlock: Sendable {
  /// The number that stands for the end of a line.
  static let lineEnd = UInt32.max

  /// The place of the block in the corpus.
  var index: Int
  /// Whether a text of the corpus begins with this block.
  var beginsText: Bool
  /// Whose numbers they are.
  var worker: Int
  var offset: Int
  var segmentCount: Int
  var utf8: Int
  var scalars: Int
}

/// Where the texts of the segments are that one worker numbered in one chapter.
struct SpooledDictionary: Sendable {
  var endsOffset: Int
  var textOffset: Int
  var count: Int
}

/// A stretch of the corpus in which the workers kept their numbers.
///
/// A chapter's end depends on the text alone, and so does everything that is done once a chapter.
struct SpooledChapter: Sendable {
  /// In the order of the text.
  var blocks: [SpooledBlock]
  /// One a worker.
  var dictionaries: [SpooledDictionary]
}
