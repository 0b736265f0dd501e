internal import Synchronization

/// What happens where the system has no memory for a buffer. Nothing can go on without it, and nothing is left half done on
/// the disk: files are replaced as a whole.
package enum AllocationFailure {
  private static let handler = Mutex<(@Sendable (_ bytes: Int) -> Never)?>(nil)

  /// Has `end` tell of it and end the process; without it a precondition fails.
  package static func handle(by end: @escaping @Sendable (_ bytes: Int) -> Never) { handler.withLock { $0 = end } }

  /// Ends the process.
  static func end(bytes: Int) -> Never {
    if let end = handler.withLock({ $0 }) { end(bytes) }
    preconditionFailure("there is no memory for a buffer of \(bytes) bytes")
  }
}
