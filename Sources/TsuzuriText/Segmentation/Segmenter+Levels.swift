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
        output.emit(index, index + 1)
        index += 1
        if index == end { return }
        found = next
      }
      var stretchEnd = index + 1
      while stretchEnd < end, !boundaries.isBoundary(units, stretchEnd) { stretchEnd += 1 }
      if stretchEnd == index + 1 || stretchEnd == index + 2 && units[index] & 0xFC00 == 0xD800 {
        output.emit(index, stretchEnd)
      } else if let iterator {
        try iterator.begin(UnsafeBufferPointer(rebasing: units[index..<stretchEnd]))
        var start = 0
        while let boundary = iterator.next() {
          output.emit(index + start, index + boundary)
          start = boundary
        }
      }
      index = stretchEnd
    }
  }

  /// ICU's words; exactly one U+0020 directly before a word joins it. A run of blanks, which ICU leaves in one segment,
  /// stays one segment.
  ///
  /// Three things are known without ICU: a scalar between two certain boundaries is a segment; ASCII letters and digits
  /// between two are a word (WB5, WB8 to WB10); Han and kana between two are divided by the dictionary alone. ICU is
  /// asked about what lies between such places.
  func segmentWords(
    _ units: UnsafeBufferPointer<UInt16>, _ range: Range<Int>, _ output: inout SegmentOutput
  ) throws {
    let end = range.upperBound
    var index = range.lowerBound
    while index < end {
      let wordStart = units[index] == 0x20 ? index + 1 : index
      var wordEnd = wordStart
      while wordEnd < end, Self.isLetterOrDigit(units[wordEnd]) { wordEnd &+= 1 }
      if wordEnd > wordStart, isCut(units, wordEnd, end) {
        output.emit(index, wordEnd)
        index = wordEnd
        continue
      }
      if let divider, wordEnd == wordStart, wordStart < end, DictionaryDivider.takes(units[wordStart]) {
        wordEnd = wordStart + 1
        while wordEnd < end, DictionaryDivider.takes(units[wordEnd]) { wordEnd &+= 1 }
        if wordEnd == end || boundaries.isBoundary(units, wordEnd) {
          divider.divide(UnsafeBufferPointer(rebasing: units[wordStart..<wordEnd]))
          for word in divider.ends.reversed() {
            output.emit(index, wordStart &+ Int(word))
            index = wordStart &+ Int(word)
          }
          continue
        }
      }
      if wordStart == index, index + 1 == end || boundaries.isBoundary(units, index + 1) {
        output.emit(index, index + 1)
        index += 1
        continue
      }
      // Beginning anew costs ICU as much as several words: a stretch goes on as far as no text begins that it need not
      // be asked about.
      var stretchEnd = index + 1
      while stretchEnd < end, !isKnown(units[stretchEnd]) || !boundaries.isBoundary(units, stretchEnd) {
        stretchEnd += 1
      }
      try segmentWordsByICU(units, index..<stretchEnd, &output)
      index = stretchEnd
    }
  }

  @inline(__always)
  private func isKnown(_ unit: UInt16) -> Bool {
    unit &- 0x20 < 0x60 || divider != nil && DictionaryDivider.takes(unit)
  }

  private static func isLetterOrDigit(_ unit: UInt16) -> Bool {
    (unit | 0x20) &- 0x61 < 26 || unit &- 0x30 < 10
  }

  /// Whether the text is certainly cut behind a letter or digit: also before a mark that joins only what has another
  /// letter or digit behind it (WB6, WB7, WB11, WB12), where a blank or the end follows.
  private func isCut(_ units: UnsafeBufferPointer<UInt16>, _ index: Int, _ end: Int) -> Bool {
    if index == end || boundaries.isBoundary(units, index) { return true }
    switch units[index] {
    case 0x22, 0x27, 0x2C, 0x2E, 0x3A, 0x3B:
      return index + 1 == end || units[index + 1] == 0x20 || units[index + 1] == 0x0A
    default: return false
    }
  }

  private func segmentWordsByICU(
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
          output.emit(start - 1, end)
          start = end
          continue
        }
        output.emit(start - 1, start)
      }
      isBlankHeld = end == start + 1 && units[start] == 0x20
      if !isBlankHeld { output.emit(start, end) }
      start = end
    }
    if isBlankHeld { output.emit(start - 1, start) }
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
      if index > start { output.emit(start, index) }
      if index == range.upperBound { return }
      switch classes.of(unit: units[index]) {
      case .newline: output.emitLineEnd()
      case .carriageReturn:
        if index + 1 == range.upperBound || units[index + 1] != 0x0A { output.emitLineEnd() }
      default: break
      }
      index += 1
    }
  }
}
