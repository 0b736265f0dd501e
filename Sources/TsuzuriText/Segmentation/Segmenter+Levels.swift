extension Segmenter {
  /// Grapheme clusters. Where one scalar of the class `.other` stands beside another they are certain to be cut, which is
  /// most of most text; ICU is asked about what lies between such places.
  func segmentCharacters(
    _ units: UnsafeBufferPointer<UInt16>, _ range: Range<Int>, _ output: inout SegmentOutput
  ) throws {
    let end = range.upperBound
    let classes = boundaries.classes
    var index = range.lowerBound
    while index < end {
      var found = classes.of(unit: units[index])
      while found == .other || found == .newline {
        let next = index + 1 < end ? classes.of(unit: units[index + 1]) : .newline
        guard next == .other || next == .newline || next == .carriageReturn || found == .newline else { break }
        try output.emit(index, index + 1)
        index += 1
        if index == end { return }
        found = next
      }
      var stretchEnd = index + 1
      while stretchEnd < end, !boundaries.isBoundary(units, stretchEnd) { stretchEnd += 1 }
      if stretchEnd == index + 1 || stretchEnd == index + 2 && units[index] & 0xFC00 == 0xD800 {
        try output.emit(index, stretchEnd)
      } else if let iterator {
        try iterator.begin(UnsafeBufferPointer(rebasing: units[index..<stretchEnd]))
        var start = 0
        while let boundary = iterator.next() {
          try output.emit(index + start, index + boundary)
          start = boundary
        }
      }
      index = stretchEnd
    }
  }

  /// ICU's words; exactly one U+0020 directly before a word joins it. A run of blanks, which ICU leaves in one segment,
  /// stays one segment.
  func segmentWords(
    _ units: UnsafeBufferPointer<UInt16>, _ range: Range<Int>, _ output: inout SegmentOutput
  ) throws {
    guard let iterator else { return }
    try iterator.begin(UnsafeBufferPointer(rebasing: units[range]))
    var start = range.lowerBound
    var isBlankHeld = false
    while let boundary = iterator.next() {
      let end = range.lowerBound + boundary
      if isBlankHeld {
        if iterator.isWord {
          isBlankHeld = false
          try output.emit(start - 1, end)
          start = end
          continue
        }
        try output.emit(start - 1, start)
      }
      isBlankHeld = end == start + 1 && units[start] == 0x20
      if !isBlankHeld { try output.emit(start, end) }
      start = end
    }
    if isBlankHeld { try output.emit(start - 1, start) }
  }

  /// What stands between blanks, and the ends of lines: U+000A, U+000D, or both in this order.
  func segmentWhitespace(
    _ units: UnsafeBufferPointer<UInt16>, _ range: Range<Int>, _ output: inout SegmentOutput
  ) throws {
    let classes = boundaries.classes
    var index = range.lowerBound
    while index < range.upperBound {
      let start = index
      while index < range.upperBound, classes.of(unit: units[index]) == .word { index += 1 }
      if index > start { try output.emit(start, index) }
      if index == range.upperBound { return }
      switch classes.of(unit: units[index]) {
      case .newline: try output.emitLineEnd()
      case .carriageReturn:
        if index + 1 == range.upperBound || units[index + 1] != 0x0A { try output.emitLineEnd() }
      default: break
      }
      index += 1
    }
  }
}
