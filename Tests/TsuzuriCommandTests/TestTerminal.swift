import Foundation
import Glibc
import _TestSupport

/// A terminal without a screen: the command runs in it, and the test types.
final class TestTerminal {
  private let master: Int32
  private let process = Process()
  private(set) var shown = ""
  private var pending: [UInt8] = []

  /// Starts the command in the folder of the shared model.
  init(_ arguments: [String], columns: UInt16 = 40) throws {
    // As grantpt(), unlockpt() and ptsname() do, which Glibc's module does not show.
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var (lock, number): (Int32, Int32) = (0, 0)
    let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
    guard master >= 0, ioctl(master, setLock, &lock) == 0, ioctl(master, getNumber, &number) == 0 else {
      throw CocoaError(.fileNoSuchFile)
    }
    let name = "/dev/pts/\(number)"
    let slave = open(name, O_RDWR | O_NOCTTY)
    var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(slave, UInt(TIOCSWINSZ), &size)
    let terminal = FileHandle(fileDescriptor: slave, closeOnDealloc: true)
    process.executableURL = URL(fileURLWithPath: try TestCommand().path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: try TrainedModel.shared.get().folder.path)
    process.environment = ProcessInfo.processInfo.environment.merging(["TERM": "xterm"]) { $1 }
    (process.standardInput, process.standardOutput, process.standardError) = (terminal, terminal, terminal)
    try process.run()
    _ = fcntl(master, F_SETFL, O_NONBLOCK)
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    close(master)
  }

  /// Types text or keys.
  func type(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
  }

  /// Sends a signal, as a terminal does for its keys.
  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits until `text` was shown behind what was looked for before, or a minute is over.
  ///
  /// - Returns: what was shown up to its end; nil where it did not come.
  func wait(for text: String) -> String? {
    let deadline = Date(timeIntervalSinceNow: 60)
    while Date() < deadline {
      if let range = shown.range(of: text) {
        defer { shown = String(shown[range.upperBound...]) }
        return String(shown[..<range.upperBound])
      }
      read()
    }
    return nil
  }

  /// Waits for the command's end.
  ///
  /// - Returns: its exit status, or 128 and the signal's number; nil where it did not end within a minute.
  func status() -> Int32? {
    let deadline = Date(timeIntervalSinceNow: 60)
    while process.isRunning, Date() < deadline { read() }
    guard !process.isRunning else { return nil }
    read()
    return process.terminationReason == .uncaughtSignal
      ? 128 + process.terminationStatus : process.terminationStatus
  }

  /// Whether the terminal shows what is typed and takes lines, as before.
  var isCooked: Bool {
    var settings = termios()
    guard tcgetattr(master, &settings) == 0 else { return false }
    return settings.c_lflag & tcflag_t(ICANON | ECHO | ISIG) == tcflag_t(ICANON | ECHO | ISIG)
  }

  private func read() {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(master, &bytes, bytes.count)
    guard count > 0 else {
      usleep(2000)
      return
    }
    pending += bytes[..<count]
    if let text = String(validating: pending, as: UTF8.self) {
      shown += text
      pending = []
    }
  }
}
