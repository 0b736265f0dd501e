import Logging
import Synchronization

/// Standard error: lines that stay and, where it is a terminal, one line below them that is rewritten.
///
/// Where it is no terminal the changing line becomes ordinary lines, one every few seconds at most. Any thread may use
/// it.
final class Screen: Sendable {
  private struct State {
    var live = ""
    var lastShown: ContinuousClock.Instant?
  }

  /// How long a changing line stands before the next one may be shown.
  private static let (liveInterval, plainInterval) = (Duration.milliseconds(100), Duration.seconds(5))

  /// Whether a person looks at it.
  let isTerminal = Terminal.isTerminal(StandardError.descriptor)
  /// Whether progress is shown.
  let showsProgress: Bool
  private let log: Logger
  private let state = Mutex(State())

  /// The screen as the options ask for it.
  init(_ options: OutputOptions) {
    showsProgress = !options.quiet
    let handler = ScreenLogHandler()
    var log = Logger(label: "tsuzuri") { _ in handler }
    log.logLevel = options.quiet ? .notice : options.verbose ? .debug : .info
    self.log = log
    handler.attach(self)
    // Short work needs no line in a file.
    if !isTerminal { state.withLock { $0.lastShown = .now } }
  }

  /// Shows how the work stands, if it is time again.
  ///
  /// - Parameters:
  ///   - isDue: whether it is shown in any case.
  ///   - line: makes the line for so many columns; nil columns are no terminal.
  func show(isDue: Bool = false, _ line: (Int?) -> String) {
    guard showsProgress else { return }
    state.withLock { state in
      let now = ContinuousClock.now
      let interval = isTerminal ? Self.liveInterval : Self.plainInterval
      if !isDue, let last = state.lastShown, now - last < interval { return }
      state.lastShown = now
      guard isTerminal else { return write(line(nil) + "\n") }
      // The last column stays free: some terminals go to the next line when it is written.
      let columns = Terminal.width(of: StandardError.descriptor) - 1
      state.live = TextWidth.clip(line(columns), toColumns: columns)
      write("\r\u{1B}[2K" + state.live)
    }
  }

  /// Tells what a person may like to know.
  func tell(_ message: String) { log.info("\(message)") }

  /// Tells what belongs to the result and is no progress, even with `--quiet`.
  func state(_ message: String) { log.notice("\(message)") }

  /// Tells what only `--verbose` asks for.
  func detail(_ message: String) { log.debug("\(message)") }

  /// Tells what a person should know, even with `--quiet`.
  func warn(_ message: String) { log.warning("\(message)") }

  /// Writes a line that stays.
  func print(_ line: String) {
    state.withLock { state in
      write((state.live.isEmpty ? "" : "\r\u{1B}[2K") + line + "\n" + state.live)
    }
  }

  /// Writes a text that stays, indented.
  func print(indented text: String) {
    let columns = isTerminal ? max(Terminal.width(of: StandardError.descriptor) - 3, 10) : .max
    print(TextWidth.wrap(text, toColumns: columns).map { "  " + $0 }.joined(separator: "\n"))
  }

  /// Takes the changing line away.
  func clear() {
    state.withLock { state in
      if !state.live.isEmpty { write("\r\u{1B}[2K") }
      state.live = ""
    }
  }

  private func write(_ text: String) { StandardError.write(text) }
}
