/// Takes the marks of Aozora Bunko's text files out of a text, a stretch at a time.
///
/// The rules; a line ends with U+000A or U+000D:
/// - `《…》` goes with what is in it, where `》` follows in the same line, before another `《` and within `longestMark` units.
/// - `［＃…］` goes likewise; inside it `［` and `］` are counted in pairs. A line that held nothing else goes as a whole.
/// - What opens such a mark and is not closed so stays, with all that follows it up to where that was known.
/// - `｜` goes.
/// - The header: among the first `headerLines` lines, a line of ten to 200 `-` and nothing else, the lines up to the next
///   line of ten or more, and that one, where what follows the first, but for empty and dashed lines, begins with `【`; no
///   more than `longestHeader` units.
/// - The colophon: from a line that begins with `底本：` or `底本:` to the end of the text.
///
/// `※` before a mark stays: it stands for a character that the file could not write.
final class RubyStripper {
  static let longestMark = 1000
  static let headerLines = 50
  static let longestHeader = 16_384

  private enum State {
    case text
    /// At the beginning of a line, which may turn out to begin a colophon or to be a dashed line.
    case lineStart
    case ruby
    case note(depth: Int)
    case header
    case colophon
  }

  private var state = State.lineStart
  /// What was read and may yet be taken out.
  private var held: [UInt16] = []
  private var line = 0
  private var isHeaderPossible = true
  /// What follows the header's first line, but for line ends and dashes; nil before it is read.
  private var headerBeginning: UInt16?
  private var lineHasText = false
  private var lineHadNote = false
  private var dropsLineFeed = false
  private var isAfterReturn = false

  /// Takes all of the input; what cannot be decided yet is held back until more comes or the text ends.
  func strip(_ input: UnitBuffer, isLast: Bool, into target: UnitBuffer) {
    for unit in input.units { take(unit, target) }
    input.removeFirst(input.count)
    if isLast { release(target) }
  }

  private func take(_ unit: UInt16, _ target: UnitBuffer) {
    switch state {
    case .colophon: return
    case .header: takeHeader(unit, target)
    case .lineStart: takeLineStart(unit, target)
    case .ruby:
      held.append(unit)
      if unit == 0x300B {
        held.removeAll(keepingCapacity: true)
        state = .text
      } else if unit == 0x300A {
        held.removeLast()
        releaseMark(target)
        held.append(unit)
        state = .ruby
      } else if isLineEnd(unit) || held.count > Self.longestMark {
        abandonMark(target)
      }
    case .note(let depth):
      held.append(unit)
      // ［＃ is a note, ［ alone an ordinary bracket.
      if held.count == 2, unit != 0xFF03 {
        held.removeLast()
        releaseMark(target)
        takeText(unit, target)
      } else if unit == 0xFF3D, depth == 1 {
        held.removeAll(keepingCapacity: true)
        lineHadNote = true
        state = .text
      } else if isLineEnd(unit) || held.count > Self.longestMark {
        abandonMark(target)
      } else if unit == 0xFF3B {
        state = .note(depth: depth + 1)
      } else if unit == 0xFF3D {
        state = .note(depth: depth - 1)
      }
    case .text: takeText(unit, target)
    }
  }

  private func takeText(_ unit: UInt16, _ target: UnitBuffer) {
    switch unit {
    case 0x300A:
      held.append(unit)
      state = .ruby
    case 0xFF3B:
      held.append(unit)
      state = .note(depth: 1)
    case 0xFF5C: break
    case 0x0A, 0x0D: endLine(unit, target)
    default:
      target.append(unit)
      lineHasText = true
    }
  }

  private func endLine(_ unit: UInt16, _ target: UnitBuffer) {
    let isDropped = lineHadNote && !lineHasText
    if !isDropped { target.append(unit) }
    dropsLineFeed = unit == 0x0D && isDropped
    isAfterReturn = unit == 0x0D
    (lineHasText, lineHadNote) = (false, false)
    line += 1
    state = .lineStart
  }

  private func takeLineStart(_ unit: UInt16, _ target: UnitBuffer) {
    if isAfterReturn {
      isAfterReturn = false
      if unit == 0x0A {
        if !dropsLineFeed { target.append(unit) }
        return
      }
    }
    let colophon: [UInt16] = [0x5E95, 0x672C]
    let dash: UInt16 = 0x2D
    if held.count < 2, held.elementsEqual(colophon.prefix(held.count)), unit == colophon[held.count] {
      held.append(unit)
    } else if held.count == 2, held == colophon, unit == 0xFF1A || unit == 0x3A {
      held = []
      state = .colophon
    } else if isHeaderPossible, line < Self.headerLines, unit == dash, held.count < 200,
      held.allSatisfy({ $0 == dash })
    {
      held.append(unit)
    } else if held.count >= 10, held[0] == dash, isLineEnd(unit) {
      held.append(unit)
      headerBeginning = nil
      state = .header
    } else {
      releaseMark(target)
      takeText(unit, target)
    }
  }

  /// Collects the header, whose first dashed line is held already.
  private func takeHeader(_ unit: UInt16, _ target: UnitBuffer) {
    held.append(unit)
    if headerBeginning == nil, unit != 0x2D, !isLineEnd(unit) { headerBeginning = unit }
    let isOther = headerBeginning != nil && headerBeginning != 0x3010
    if isOther || held.count > Self.longestHeader {
      retakeHeader(target)
    } else if isLineEnd(unit) {
      let last = held.dropLast().reversed().prefix { !isLineEnd($0) }
      if headerBeginning != nil, last.count >= 10, last.allSatisfy({ $0 == 0x2D }) {
        held.removeAll(keepingCapacity: true)
        isHeaderPossible = false
        (isAfterReturn, dropsLineFeed) = (unit == 0x0D, true)
        state = .lineStart
      }
    }
  }

  /// It was no header: takes what was held for one again, as text.
  private func retakeHeader(_ target: UnitBuffer) {
    let units = held
    held.removeAll(keepingCapacity: true)
    isHeaderPossible = false
    state = .lineStart
    for unit in units { take(unit, target) }
  }

  /// A line end or the longest length came before the mark was closed.
  private func abandonMark(_ target: UnitBuffer) {
    let last = held.removeLast()
    releaseMark(target)
    takeText(last, target)
  }

  /// Writes what was held as the text that it is.
  private func releaseMark(_ target: UnitBuffer) {
    if !held.isEmpty { lineHasText = true }
    for unit in held { target.append(unit) }
    held.removeAll(keepingCapacity: true)
    state = .text
  }

  private func release(_ target: UnitBuffer) {
    if case .header = state { retakeHeader(target) }
    releaseMark(target)
  }

  private func isLineEnd(_ unit: UInt16) -> Bool { unit == 0x0A || unit == 0x0D }
}
