import Glibc
import TsuzuriArchive

/// Reads the bytes of a source in order, as they stand there.
final class ByteReader {
  private enum Origin {
    case descriptor(Int32, isOwned: Bool)
    case memory([UInt8], position: Int)
  }

  let name: String
  private var origin: Origin

  init(_ source: TextSource) throws(TextError) {
    name = source.name
    switch source {
    case .file(let path):
      let descriptor = open(path, O_RDONLY | O_CLOEXEC)
      if descriptor < 0 {
        let code = errno
        throw code == ENOENT
          ? .notFound(path: path) : .unreadable(path: path, reason: SystemError(code: code).reason)
      }
      origin = .descriptor(descriptor, isOwned: true)
    case .standardInput: origin = .descriptor(STDIN_FILENO, isOwned: false)
    case .text(let text): origin = .memory(Array(text.utf8), position: 0)
    case .bytes(let bytes, _): origin = .memory(bytes, position: 0)
    }
  }

  deinit {
    if case .descriptor(let descriptor, isOwned: true) = origin { close(descriptor) }
  }

  /// Fills the buffer from its beginning, as far as there are bytes, and returns how many there were.
  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(TextError) -> Int {
    switch origin {
    case .memory(let bytes, let position):
      let count = min(buffer.count, bytes.count - position)
      bytes.withUnsafeBytes { buffer.copyBytes(from: $0[position..<position + count]) }
      origin = .memory(bytes, position: position + count)
      return count
    case .descriptor(let descriptor, _):
      var filled = 0
      while filled < buffer.count {
        let count = read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
        if count == 0 { break }
        if count < 0 {
          let code = errno
          if code == EINTR { continue }
          throw .unreadable(path: name, reason: SystemError(code: code).reason)
        }
        filled += count
      }
      return filled
    }
  }
}
