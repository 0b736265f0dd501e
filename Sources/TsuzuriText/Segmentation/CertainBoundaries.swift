/// Places where a text is cut whatever stands around them, told from the two scalars beside them.
///
/// ICU's iterators go forward from one boundary to the next by what follows, never by what came before; only a
/// dictionary looks at a whole run. So a boundary of the rules (not of a dictionary) is also a place to begin anew: the
/// segments before and after it are the same whether ICU sees the text in one piece or in two. The tests compare the two
/// for random text.
struct CertainBoundaries: Sendable {
  let level: TokenLevel
  let classes: BreakClassTable

  init(level: TokenLevel) {
    self.level = level
    switch level {
    case .word: classes = .words
    case .character: classes = .characters
    case .whitespace, .byte: classes = .blanks
    }
  }

  /// Whether the text is certainly cut before `index`, and no segment is joined across it.
  ///
  /// - Parameter index: a place inside the text, above 0 and below its count.
  func isBoundary(_ units: UnsafeBufferPointer<UInt16>, _ index: Int) -> Bool {
    let (before, after) = (units[index - 1], units[index])
    if after & 0xFC00 == 0xDC00, before & 0xFC00 == 0xD800 { return false }
    let left = classBefore(units, index)
    if left == .newline { return true }
    let right = classAfter(units, index)
    if left == .carriageReturn { return after != 0x0A }
    if right == .newline || right == .carriageReturn { return true }
    return switch level {
    case .word: Self.areWordsCut(left, right)
    case .character: left == .other && (right == .other || right == .regionalIndicator)
    case .whitespace, .byte: left == .blank || right == .blank
    }
  }

  private func classBefore(_ units: UnsafeBufferPointer<UInt16>, _ index: Int) -> BreakClass {
    let unit = units[index - 1]
    if unit & 0xFC00 == 0xDC00, index > 1, units[index - 2] & 0xFC00 == 0xD800 {
      return classes.of(scalar: scalar(units[index - 2], unit))
    }
    return classes.of(unit: unit)
  }

  private func classAfter(_ units: UnsafeBufferPointer<UInt16>, _ index: Int) -> BreakClass {
    let unit = units[index]
    if unit & 0xFC00 == 0xD800, index + 1 < units.count, units[index + 1] & 0xFC00 == 0xDC00 {
      return classes.of(scalar: scalar(unit, units[index + 1]))
    }
    return classes.of(unit: unit)
  }

  private func scalar(_ lead: UInt16, _ trail: UInt16) -> Int32 {
    (Int32(lead) - 0xD7C0) << 10 + Int32(trail & 0x3FF)
  }

  /// Unicode's rules WB3c to WB16 and ICU's for dictionaries, read for what none of them joins.
  private static func areWordsCut(_ left: BreakClass, _ right: BreakClass) -> Bool {
    switch (left, right) {
    // A blank joins the word after it, or the blanks after it.
    case (.blank, _), (_, .extend): false
    case (.space, .space), (.space, .blank): false
    case (_, .space), (_, .blank), (.space, _): true
    case (.extend, .other): true
    case (.extend, _): false
    case (.other, _), (.pictograph, _), (_, .other), (_, .pictograph): true
    case (.regionalIndicator, .regionalIndicator): false
    case (.regionalIndicator, _), (_, .regionalIndicator): true
    case (.japanese, .word), (.word, .japanese): true
    default: false
    }
  }
}
