/// What a segment is.
public enum SegmentKind: Sendable {
  /// A stretch of the text.
  case text
  /// The end of a line, at the whitespace level only; its buffer is empty.
  case lineEnd
}

/// Cuts blocks of text into segments. It serves one thread at a time; make one for each.
///
/// Joined together, the segments of a text's blocks are the text again, except at the whitespace level, where blanks are
/// left out.
public final class Segmenter {
  /// What a segment is given to.
  public typealias Body = (_ utf8: UnsafeBufferPointer<UInt8>, _ kind: SegmentKind) throws -> Void

  /// What the segmenter cuts by.
  public let options: SegmentationOptions
  let iterator: BreakIterator?
  private let walk: RestartWalk
  private var scratch: UnsafeMutableBufferPointer<UInt8> = .allocate(capacity: 0)

  var boundaries: CertainBoundaries { walk.boundaries }

  /// Opens ICU's rules for the level and the locale.
  ///
  /// - Throws: `TextError` where ICU does not know the locale.
  public convenience init(_ options: SegmentationOptions) throws {
    try self.init(options, runScalars: BufferSizes().runScalars)
  }

  package init(_ options: SegmentationOptions, runScalars: Int) throws {
    self.options = options
    iterator = options.level == .character || options.level == .word ? try BreakIterator(options) : nil
    walk = RestartWalk(options, runScalars: runScalars)
  }

  deinit { scratch.deallocate() }

  /// Calls `body` with each segment of the block in order, as UTF-8 that is valid during the call.
  ///
  /// The block must have been read for the same level and locale.
  ///
  /// - Throws: what `body` throws.
  public func forEachSegment(in block: TextBlock, _ body: Body) throws {
    if options.level == .byte {
      return try block.bytes.withUnsafeBufferPointer { bytes in
        for index in bytes.indices { try body(UnsafeBufferPointer(rebasing: bytes[index..<index + 1]), .text) }
      }
    }
    try block.units.withUnsafeBufferPointer { units in
      // A unit takes three bytes at the most; a pair of units takes four.
      if scratch.count < 3 * units.count {
        scratch.deallocate()
        scratch = .allocate(capacity: 3 * units.count)
      }
      guard let base = scratch.baseAddress else { return }
      try withoutActuallyEscaping(body) { body in
        var output = SegmentOutput(units: units, next: base, body: body)
        try segment(units, &output)
      }
    }
    if options.level == .whitespace, block.endsInUnfinishedLine {
      try body(UnsafeBufferPointer(start: nil, count: 0), .lineEnd)
    }
  }

  /// Divides the block where the walk says that segmentation begins anew, which is seldom.
  private func segment(_ units: UnsafeBufferPointer<UInt16>, _ output: inout SegmentOutput) throws {
    var begin = 0
    var position = 0
    while position < units.count, let step = try walk.step(in: units, from: position, isLast: true) {
      position = step.position
      if step.isInsideStretch || position == units.count {
        try segment(units, begin..<position, &output)
        begin = position
      }
    }
  }

  private func segment(
    _ units: UnsafeBufferPointer<UInt16>, _ range: Range<Int>, _ output: inout SegmentOutput
  ) throws {
    switch options.level {
    case .character: try segmentCharacters(units, range, &output)
    case .word: try segmentWords(units, range, &output)
    case .whitespace: try segmentWhitespace(units, range, &output)
    case .byte: break
    }
  }
}

/// Hands out segments as UTF-8, one behind the other in one stretch of memory.
struct SegmentOutput {
  let units: UnsafeBufferPointer<UInt16>
  private var next: UnsafeMutablePointer<UInt8>
  private let body: Segmenter.Body

  init(units: UnsafeBufferPointer<UInt16>, next: UnsafeMutablePointer<UInt8>, body: @escaping Segmenter.Body) {
    self.units = units
    self.next = next
    self.body = body
  }

  mutating func emit(_ start: Int, _ end: Int) throws {
    let first = next
    var index = start
    while index < end {
      let unit = UInt32(units[index])
      index &+= 1
      if unit < 0x80 {
        next[0] = UInt8(truncatingIfNeeded: unit)
        next += 1
      } else if unit < 0x800 {
        next[0] = UInt8(truncatingIfNeeded: 0xC0 | unit >> 6)
        next[1] = UInt8(truncatingIfNeeded: 0x80 | unit & 0x3F)
        next += 2
      } else if unit & 0xFC00 == 0xD800, index < end {
        let scalar = (unit &- 0xD7C0) << 10 &+ UInt32(units[index] & 0x3FF)
        index &+= 1
        next[0] = UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18)
        next[1] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 12 & 0x3F)
        next[2] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F)
        next[3] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
        next += 4
      } else {
        next[0] = UInt8(truncatingIfNeeded: 0xE0 | unit >> 12)
        next[1] = UInt8(truncatingIfNeeded: 0x80 | unit >> 6 & 0x3F)
        next[2] = UInt8(truncatingIfNeeded: 0x80 | unit & 0x3F)
        next += 3
      }
    }
    try body(UnsafeBufferPointer(start: first, count: next - first), .text)
  }

  /// The same for what is known to be ASCII.
  mutating func emitASCII(_ start: Int, _ end: Int) throws {
    let first = next
    let count = end &- start
    for index in 0..<count { first[index] = UInt8(truncatingIfNeeded: units[start &+ index]) }
    next += count
    try body(UnsafeBufferPointer(start: first, count: count), .text)
  }

  func emitLineEnd() throws {
    try body(UnsafeBufferPointer(start: nil, count: 0), .lineEnd)
  }
}
