import Foundation
import Glibc

/// What is on the other end of a descriptor.
enum Terminal {
  /// Whether a person looks at it.
  static func isTerminal(_ descriptor: Int32) -> Bool {
    // A terminal that calls itself dumb cannot rewrite a line.
    isatty(descriptor) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  /// How many columns it has; 80 where it does not say.
  static func width(of descriptor: Int32) -> Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
