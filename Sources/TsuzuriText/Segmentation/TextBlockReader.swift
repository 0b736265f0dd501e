/// Reads one text from its source to blocks of normalised text, one after the other: bytes, decompressed, decoded,
/// without ruby where that is asked for, normalised, cut into blocks.
///
/// Memory is bounded whatever the text is: a single line of any length, one cluster without end.
public struct TextBlockReader {
  private enum Stages {
    case bytes(GzipReader)
    case text(NormalizedText)
  }

  private let stages: Stages
  private let level: TokenLevel
  private let sizes: BufferSizes
  private let walk: RestartWalk
  private var index = 0

  /// Opens the text.
  ///
  /// At the level `byte` only the name of the text is looked at among the options, and at the level `whitespace` the text
  /// is not normalised, whatever the options say.
  ///
  /// - Throws: `TextError` where the text cannot be opened, or an encoding is unknown. A locale is looked at when a text is
  ///   first cut by its rules.
  public init(_ source: TextSource, text: TextOptions, segmentation: SegmentationOptions) throws {
    try self.init(source, text: text, segmentation: segmentation, sizes: BufferSizes())
  }

  package init(_ source: TextSource, text: TextOptions, segmentation: SegmentationOptions, sizes: BufferSizes) throws {
    level = segmentation.level
    self.sizes = sizes
    walk = RestartWalk(segmentation, runScalars: sizes.runScalars)
    if level == .byte {
      stages = .bytes(try GzipReader(source, readBytes: sizes.readBytes))
    } else {
      var text = text
      if level == .whitespace { text.normalization = .none }
      stages = .text(try NormalizedText(source, options: text, sizes: sizes))
    }
  }

  /// The next block, or nil where the text ends.
  ///
  /// - Throws: `TextError` where the text cannot be read or decoded.
  public mutating func next() throws -> TextBlock? {
    switch stages {
    case .bytes(let bytes): try nextBlock(of: bytes)
    case .text(let text): try nextBlock(of: text)
    }
  }

  private mutating func nextBlock(of source: GzipReader) throws -> TextBlock? {
    let bytes = try [UInt8](unsafeUninitializedCapacity: 2 * sizes.blockUnits) { buffer, count in
      count = try source.fill(UnsafeMutableRawBufferPointer(buffer))
    }
    if bytes.isEmpty { return nil }
    defer { index += 1 }
    return TextBlock(index: index, bytes: bytes)
  }

  private mutating func nextBlock(of text: NormalizedText) throws -> TextBlock? {
    // So much that a cut can be found: a block, and behind it the longest stretch that is looked through.
    try text.fill(sizes.blockUnits + 2 * sizes.runScalars + 4)
    let units = text.buffer.units
    if units.isEmpty { return nil }
    let cut = try text.isAtEnd && units.count <= sizes.blockUnits ? units.count : findCut(in: units, text.isAtEnd)
    let isLast = text.isAtEnd && cut == units.count
    let block = TextBlock(
      index: index, units: Array(UnsafeBufferPointer(rebasing: units[..<cut])),
      endsInUnfinishedLine: isLast && units[cut - 1] != 0x0A && units[cut - 1] != 0x0D)
    text.buffer.removeFirst(cut)
    index += 1
    return block
  }

  /// Behind the last line end of the block's second half; else at the last certain boundary; else where a segmenter that
  /// goes from the block's beginning begins anew.
  private func findCut(in units: UnsafeBufferPointer<UInt16>, _ isAtEnd: Bool) throws -> Int {
    let limit = min(sizes.blockUnits, units.count - 1)
    var index = limit
    while index > limit / 2 {
      if units[index - 1] == 0x0A { return index }
      index -= 1
    }
    index = limit
    while index > 0 {
      if walk.boundaries.isBoundary(units, index) { return index }
      index -= 1
    }
    var position = 0
    while let step = try walk.step(in: units, from: position, isLast: isAtEnd) {
      if step.position > limit { return position > 0 ? position : step.position }
      position = step.position
    }
    return position
  }
}
