import Foundation
import Synchronization
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
    guard descriptor >= 0 else { throw CorpusError.spool(folder: folder, reason: TokenFileError.systemReason()) }
    unlink(template)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Writes `bytes` and returns where they begin.
  func append(_ bytes: UnsafeRawBufferPointer) throws -> Int {
    let start = size.withLock { size in
      defer { size += bytes.count }
      return size
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

  /// Writes what an array holds.
  func append<T: BitwiseCopyable>(_ values: [T]) throws -> Int { try values.withUnsafeBytes { try append($0) } }

  /// Reads `count` values that were written at `offset`.
  func read<T: BitwiseCopyable>(_: T.Type, count: Int, at offset: Int) throws -> [T] {
    try [T](unsafeUninitializedCapacity: count) { buffer, filled in
      let bytes = UnsafeMutableRawBufferPointer(buffer)[..<(count * MemoryLayout<T>.stride)]
      var rest = UnsafeMutableRawBufferPointer(rebasing: bytes)
      var position = offset
      while !rest.isEmpty {
        let count = pread(descriptor, rest.baseAddress, rest.count, off_t(position))
        if count < 0, errno == EINTR { continue }
        if count <= 0 { throw CorpusError.spool(folder: folder, reason: TokenFileError.systemReason()) }
        position += count
        rest = UnsafeMutableRawBufferPointer(rebasing: rest[count...])
      }
      filled = count
    }
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

/// The numbers of a block's segments, in two bytes each where they fit.
enum SegmentNumbers {
  case narrow([UInt16])
  case wide([UInt32])

  /// The number that stands for the end of a line, in either width.
  static let lineEnd = UInt32.max
  /// The first number that takes more than two bytes.
  static let firstWide = UInt32(UInt16.max)

  /// Calls `body` with the numbers of `range`, in order; nil is the end of a line.
  @inline(__always)
  func forEach(in range: Range<Int>? = nil, _ body: (Int?) throws -> Void) rethrows {
    switch self {
    case .narrow(let numbers):
      for number in numbers[range ?? numbers.indices] { try body(number == .max ? nil : Int(number)) }
    case .wide(let numbers):
      for number in numbers[range ?? numbers.indices] { try body(number == .max ? nil : Int(number)) }
    }
  }
}

/// What the numbers of a dictionary stand for, in UTF-8.
struct SegmentTexts {
  /// Segment i ends before byte `ends[i]` and begins where the one before it ends.
  let ends: [UInt32]
  let text: [UInt8]

  var count: Int { ends.count }

  func withSegment<R>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
    let start = index == 0 ? 0 : Int(ends[index - 1])
    return try text.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[start..<Int(ends[index])])) }
  }
}

/// Where the numbered segments of one block of text are.
struct SpooledBlock: Sendable {
  /// The place of the block in the corpus.
  var index: Int
  /// The stretch of the corpus that the block belongs to.
  var chapter: Int
  /// Whether a text of the corpus begins with this block.
  var beginsText: Bool
  /// Whose numbers they are.
  var worker: Int
  var offset: Int
  var segmentCount: Int
  /// Whether a number takes two bytes, and not four.
  var isNarrow: Bool
  var utf8: Int
  var scalars: Int
}

/// Where the texts of the segments are that one worker numbered in one chapter.
struct SpooledDictionary: Sendable {
  var chapter: Int
  var worker: Int
  /// The number of segments told apart.
  var count: Int
  var countsOffset: Int
  var endsOffset: Int
  var textOffset: Int
  var textCount: Int
}

/// A stretch of the corpus in which the workers kept their numbers.
///
/// A chapter's end depends on the text alone, and so does everything that is done once a chapter.
struct SpooledChapter: Sendable {
  /// In the order of the text.
  var blocks: [SpooledBlock] = []
  /// One a worker that had a block, in the order of the workers.
  var dictionaries: [SpooledDictionary] = []

  var segmentCount: Int { blocks.reduce(0) { $0 + $1.segmentCount } }
}
