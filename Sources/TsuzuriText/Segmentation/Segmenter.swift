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
  let divider: DictionaryDivider?
  private let walk: RestartWalk
  private var output = SegmentOutput()

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
    divider = options.level == .word ? DictionaryDivider(locale: options.locale) : nil
    walk = RestartWalk(options, runScalars: runScalars)
  }

  deinit { output.deallocate() }

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
    let segments = try segments(of: block)
    var longest = 0
    for segment in segments { longest = max(longest, segment.count) }
    try block.units.withUnsafeBufferPointer { units in
      // A unit takes three bytes at the most; a pair of units takes four.
      try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 3 * longest + 1) { buffer in
        for segment in segments {
          let count = segment.writeUTF8(from: units, to: buffer)
          try body(UnsafeBufferPointer(rebasing: buffer[..<count]), segment.count == 0 ? .lineEnd : .text)
        }
      }
    }
  }

  /// The segments of the block in order, as places among its units; valid until the next call.
  ///
  /// The block must have been read for the same level, which is not `byte`, and locale.
  package func segments(of block: TextBlock) throws -> UnsafeBufferPointer<UnitRange> {
    try block.units.withUnsafeBufferPointer { units in
      output.begin(capacity: units.count + 1)
      try segment(units, &output)
    }
    if options.level == .whitespace, block.endsInUnfinishedLine { output.emitLineEnd() }
    return output.segments
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
