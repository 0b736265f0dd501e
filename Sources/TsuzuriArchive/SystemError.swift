import Glibc

/// A refusal by the operating system, in the words that the system has for it.
package struct SystemError: Error {
  package let code: Int32

  package init(code: Int32) { self.code = code }

  /// The calling thread's last error. To be taken before any other call.
  package static var last: SystemError { SystemError(code: errno) }

  package var reason: String {
    var text = [CChar](repeating: 0, count: 256)
    // The POSIX variant fills the buffer; glibc's own one may return a constant instead. Swift imports the former.
    guard strerror_r(code, &text, text.count) == 0 else { return "error \(code)" }
    return text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  /// What a person can do about it when a file was to be written.
  package var advice: String {
    switch code {
    case ENOSPC, EDQUOT: "Free some space on that disk or choose another folder"
    case EROFS, EACCES, EPERM: "Choose a folder that you may write to"
    case ENOENT, ENOTDIR: "Make the folder first, or correct the path"
    case EISDIR: "Name a file, not a folder"
    case EMFILE: "Allow the process more open files ('ulimit -n')"
    case ENFILE: "Close other programs: the system has no room for more open files"
    case EFBIG: "Allow larger files ('ulimit -f'), or choose a disk that takes them"
    case ENAMETOOLONG: "Choose a shorter name"
    case ELOOP, ENXIO: "Remove the link or the pipe that stands there"
    default: "Check the disk"
    }
  }
}
