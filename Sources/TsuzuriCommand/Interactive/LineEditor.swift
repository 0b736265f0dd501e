/// A line that is being typed: characters as a person sees them, a place among them, and the lines before.
///
/// A terminal by itself takes a scalar back, and one column; a character is several scalars where it has marks, and two
/// columns where it is Japanese.
struct LineEditor {
  /// What has become of the line.
  enum Outcome: Equatable {
    case editing
    case entered(String)
    /// Ctrl-C: the line is given up.
    case cancelled
    /// Ctrl-D on an empty line.
    case ended
    case suspended
  }

  private(set) var characters: [Character] = []
  /// Before which character the cursor stands.
  private(set) var cursor = 0
  private var history: [String] = []
  /// Which line of the history is shown; its count is the new one.
  private var shown = 0
  private var draft = ""

  /// Begins a new line.
  mutating func begin() {
    (characters, cursor, shown, draft) = ([], 0, history.count, "")
  }

  /// Takes a key.
  mutating func handle(_ key: Key) -> Outcome {
    switch key {
    case .text(let text): insert(text)
    case .enter:
      let line = String(characters)
      if !line.isEmpty, line != history.last { history.append(line) }
      return .entered(line)
    case .backspace: remove(from: cursor - 1, to: cursor)
    case .delete: remove(from: cursor, to: cursor + 1)
    case .deleteOrEnd:
      if characters.isEmpty { return .ended }
      remove(from: cursor, to: cursor + 1)
    case .left: cursor = max(cursor - 1, 0)
    case .right: cursor = min(cursor + 1, characters.count)
    case .home: cursor = 0
    case .end: cursor = characters.count
    case .eraseBefore: remove(from: 0, to: cursor)
    case .eraseBehind: remove(from: cursor, to: characters.count)
    case .eraseWord: remove(from: wordStart, to: cursor)
    case .earlier: show(shown - 1)
    case .later: show(shown + 1)
    case .cancel: return .cancelled
    case .suspend: return .suspended
    case .redraw, .none: break
    }
    return .editing
  }

  private mutating func insert(_ text: String) {
    // A mark joins the character before it, and what is typed may join what stands behind: the halves of a flag.
    let before = String(characters[..<cursor]) + text
    characters = Array(before + String(characters[cursor...]))
    cursor = min(before.count, characters.count)
  }

  private mutating func remove(from start: Int, to end: Int) {
    guard start >= 0, end <= characters.count, start < end else { return }
    // What stands side by side now may join, too.
    let (before, rest) = (String(characters[..<start]), String(characters[end...]))
    characters = Array(before + rest)
    cursor = min(before.count, characters.count)
  }

  private var wordStart: Int {
    var start = cursor
    while start > 0, characters[start - 1].isWhitespace { start -= 1 }
    while start > 0, !characters[start - 1].isWhitespace { start -= 1 }
    return start
  }

  private mutating func show(_ index: Int) {
    guard index >= 0, index <= history.count, index != shown else { return }
    if shown == history.count { draft = String(characters) }
    shown = index
    characters = Array(index < history.count ? history[index] : draft)
    cursor = characters.count
  }

  /// What a terminal of so many columns shows of the line, and in which column the cursor stands: the part around the cursor
  /// where the line is longer.
  func view(columns: Int) -> (text: String, column: Int) {
    let widths = characters.map { TextWidth.columns(of: String($0)) }
    var start = cursor
    var column = 0
    while start > 0, column + widths[start - 1] < columns {
      start -= 1
      column += widths[start]
    }
    var (end, width) = (cursor, column)
    while end < characters.count, width + widths[end] < columns {
      width += widths[end]
      end += 1
    }
    return (String(characters[start..<end]), column)
  }
}
