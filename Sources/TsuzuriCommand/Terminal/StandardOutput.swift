import Glibc
import TsuzuriArchive

/// Standard output, in large pieces where nobody watches.
final class StandardOutput {
  private static let bufferSize = 1 << 16
  private var buffer: [UInt8] = []

  /// Appends `text`.
  func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
  }

  /// Appends a line.
  func print(_ line: String) throws { try write(line + "\n") }

  /// Appends bytes.
  func write(_ bytes: UnsafeRawBufferPointer) throws {
    buffer.append(contentsOf: bytes)
    if buffer.count >= Self.bufferSize { try flush() }
  }

  /// Hands on what was written.
  func flush() throws {
    defer { buffer.removeAll(keepingCapacity: true) }
    try buffer.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let written = Glibc.write(STDOUT_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if written < 0, errno == EINTR { continue }
        // Where the signal is ignored, as a parent process may have set it, the reader's leaving comes as an error.
        if written < 0, errno == EPIPE { _exit(128 + SIGPIPE) }
        guard written > 0 else { throw CommandError.output(reason: SystemError.last.reason) }
        rest = rest.dropFirst(written)
      }
    }
  }
}
