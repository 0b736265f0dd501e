import Glibc

/// Lines that a person types, or that come from a pipe or a file.
final class LineReader {
  /// What was read.
  enum Input: Equatable {
    case line(String)
    /// The line was given up.
    case cancelled
    /// There is no more.
    case end
  }

  /// Whether a person types.
  let isInteractive = Terminal.isTerminal(STDIN_FILENO) && Terminal.isTerminal(STDOUT_FILENO)
  private var editor = LineEditor()
  private var decoder = KeyDecoder()
  /// Keys that were typed ahead.
  private var keys: [Key] = []

  /// The next line, behind a mark that only a person sees.
  func read(_ mark: String) throws -> Input {
    guard isInteractive else { return readLine(strippingNewline: true).map(Input.line) ?? .end }
    guard let terminal = RawTerminal() else { return readLine(strippingNewline: true).map(Input.line) ?? .end }
    defer { terminal.restore() }
    let output = StandardOutput()
    editor.begin()
    try draw(mark, output)
    while true {
      guard let key = try nextKey() else { return .end }
      let outcome = editor.handle(key)
      // Of what was pasted only the end is shown.
      if keys.isEmpty || outcome != .editing { try draw(mark, output) }
      switch outcome {
      case .editing: continue
      case .entered(let line):
        try end(output)
        return .line(line)
      case .cancelled:
        try end(output)
        return .cancelled
      case .ended:
        try end(output)
        return .end
      case .suspended:
        terminal.restore()
        kill(getpid(), SIGTSTP)
        terminal.enter()
        try draw(mark, output)
      }
    }
  }

  private func end(_ output: StandardOutput) throws {
    try output.write("\n")
    try output.flush()
  }

  private func draw(_ mark: String, _ output: StandardOutput) throws {
    let room = max(Terminal.width(of: STDOUT_FILENO) - TextWidth.columns(of: mark), 4)
    let (text, column) = editor.view(columns: room)
    let place = TextWidth.columns(of: mark) + column
    try output.write("\r\(mark)\(text)\u{1B}[K\r" + (place > 0 ? "\u{1B}[\(place)C" : ""))
    try output.flush()
  }

  /// The next key; nil where no more can come. A signal gives the line up, or ends everything.
  private func nextKey() throws -> Key? {
    while keys.isEmpty {
      if let signal = StopSignals.pending { return signal == SIGINT ? .cancel : nil }
      var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      // Signals are taken by another thread, and wake nobody here.
      guard poll(&descriptor, 1, 100) > 0 else { continue }
      var bytes = [UInt8](repeating: 0, count: 1024)
      let count = Glibc.read(STDIN_FILENO, &bytes, bytes.count)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { return nil }
      keys += decoder.append(bytes[..<count])
    }
    // What was pasted is one insertion: the line is laid out anew for each.
    var pasted = ""
    for (index, key) in keys.enumerated() {
      guard case .text(let text) = key else {
        keys.removeFirst(max(1, index))
        return index == 0 ? key : .text(pasted)
      }
      pasted += text
    }
    keys.removeAll()
    return .text(pasted)
  }
}

/// A terminal that hands over keys as they are typed, and shows none by itself.
private final class RawTerminal {
  private var before = termios()

  init?() {
    guard tcgetattr(STDIN_FILENO, &before) == 0 else { return nil }
    enter()
  }

  func enter() {
    var raw = before
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
    raw.c_iflag &= ~tcflag_t(ICRNL | IXON)
    withUnsafeMutableBytes(of: &raw.c_cc) {
      $0[Int(VMIN)] = 1
      $0[Int(VTIME)] = 0
    }
    // What was typed ahead is not thrown away.
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
  }

  func restore() { tcsetattr(STDIN_FILENO, TCSADRAIN, &before) }
}
