import TsuzuriText

/// Cuts blocks and numbers the segments. It serves one thread at a time.
///
/// The first segment that a chapter brings has the number 0, the next new one 1 and so on. Numbers are looked up by
/// the UTF-16 units as they stand in the block: of one unit in a table of all units, of several in a hash table.
final class SegmentNumberer {
  private let segmenter: Segmenter
  private let worker: Int
  private let spool: SegmentSpool
  private var chapter = -1
  /// The segments of the chapter by their number, as bytes of UTF-16, or at the byte level as they are.
  private var table = ByteStringTable()
  /// For each unit 1 + the number of the segment that is this unit, or 0.
  private var unitNumbers = [UInt32](repeating: 0, count: 0x10000)
  private var counts: [UInt32] = []
  private var numbers: [UInt32] = []

  init(_ options: SegmentationOptions, worker: Int, spool: SegmentSpool) throws {
    segmenter = try Segmenter(options)
    self.worker = worker
    self.spool = spool
  }

  /// Writes the block's numbers to the spool; where a chapter begins with it, also the dictionary of the one before.
  func number(_ item: CorpusBlockQueue.Item) throws -> (block: SpooledBlock, finished: SpooledDictionary?) {
    let finished = item.chapter != chapter ? try finishChapter() : nil
    chapter = item.chapter
    if segmenter.options.level == .byte {
      numberBytes(of: item.block)
    } else {
      try numberSegments(of: item.block)
    }
    let isNarrow = table.count <= SegmentNumbers.firstWide
    let block = SpooledBlock(
      index: item.index, chapter: chapter, beginsText: item.beginsText, worker: worker,
      offset: isNarrow
        ? try spool.append(numbers.map { UInt16(truncatingIfNeeded: $0) }) : try spool.append(numbers),
      segmentCount: numbers.count, isNarrow: isNarrow, utf8: item.block.utf8Count, scalars: item.block.scalarCount)
    return (block, finished)
  }

  /// Each byte is its own number: with no more than these to tell apart, none need be looked up.
  private func numberBytes(of block: TextBlock) {
    if table.count == 0 {
      for byte in UInt8.min...UInt8.max {
        _ = withUnsafePointer(to: byte) { table.intern(UnsafeBufferPointer(start: $0, count: 1)) }
      }
      counts = [UInt32](repeating: 0, count: 256)
    }
    numbers.removeAll(keepingCapacity: true)
    numbers.append(contentsOf: block.bytes.lazy.map(UInt32.init))
    for byte in block.bytes { counts[Int(byte)] &+= 1 }
  }

  private func numberSegments(of block: TextBlock) throws {
    let segments = try segmenter.segments(of: block)
    numbers.removeAll(keepingCapacity: true)
    numbers.reserveCapacity(segments.count)
    numbers.append(contentsOf: repeatElement(0, count: segments.count))
    // New segments get their counter when all are numbered: the number tells how many there are.
    let known = table.count
    block.units.withUnsafeBytes { text in
      let units = text.assumingMemoryBound(to: UInt16.self)
      let bytes = text.assumingMemoryBound(to: UInt8.self)
      unitNumbers.withUnsafeMutableBufferPointer { unitNumbers in
        numbers.withUnsafeMutableBufferPointer { numbers in
          for (index, segment) in segments.enumerated() {
            let start = Int(segment.start)
            switch segment.count {
            case 0: numbers[index] = SegmentNumbers.lineEnd
            case 1:
              var number = unitNumbers[Int(units[start])]
              if number == 0 {
                number = UInt32(bitPattern: table.intern(Self.slice(bytes, segment))) + 1
                unitNumbers[Int(units[start])] = number
              }
              numbers[index] = number &- 1
            default: numbers[index] = UInt32(bitPattern: table.intern(Self.slice(bytes, segment)))
            }
          }
        }
      }
    }
    counts.append(contentsOf: repeatElement(0, count: table.count - known))
    counts.withUnsafeMutableBufferPointer { counts in
      for number in numbers where number != SegmentNumbers.lineEnd { counts[Int(number)] &+= 1 }
    }
  }

  @inline(__always)
  private static func slice(
    _ bytes: UnsafeBufferPointer<UInt8>, _ segment: UnitRange
  ) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: bytes.baseAddress?.advanced(by: 2 * Int(segment.start)), count: 2 * segment.count)
  }

  /// Writes down which segment has which number and how often it stands in the chapter, and begins anew; nil where
  /// there was no chapter.
  func finishChapter() throws -> SpooledDictionary? {
    guard chapter >= 0 else { return nil }
    var ends: [UInt32] = []
    var text: [UInt8] = []
    ends.reserveCapacity(table.count)
    for index in 0..<Int32(table.count) {
      append(table[index], to: &text)
      ends.append(UInt32(text.count))
    }
    let dictionary = SpooledDictionary(
      chapter: chapter, worker: worker, count: table.count, countsOffset: try spool.append(counts),
      endsOffset: try spool.append(ends), textOffset: try spool.append(text), textCount: text.count)
    table = ByteStringTable()
    counts.removeAll()
    for index in unitNumbers.indices { unitNumbers[index] = 0 }
    chapter = -1
    return dictionary
  }

  private func append(_ segment: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) {
    if segmenter.options.level == .byte {
      text.append(contentsOf: segment)
      return
    }
    let count = segment.count / 2
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: count) { units in
      UnsafeMutableRawBufferPointer(units).copyMemory(from: UnsafeRawBufferPointer(segment))
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 3 * count) { utf8 in
        let length = UnitRange(start: 0, end: UInt32(count)).writeUTF8(from: UnsafeBufferPointer(units), to: utf8)
        text.append(contentsOf: utf8[..<length])
      }
    }
  }
}
