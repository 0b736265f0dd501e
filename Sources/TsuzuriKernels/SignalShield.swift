#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Keeps signals away from a thread while it multiplies.
///
/// A signal's handler that runs on the stack of one of oneDNN's generated products (seen in 2.6.3) damages it, and the
/// product then writes to wrong places; with a stack of its own the same handler does no harm. The note
/// `Design/0009-signals-and-generated-code.md` has the evidence. Signals that arrive meanwhile are delivered afterwards, or to another thread.
package enum SignalShield {
  /// Runs `body` with every signal blocked that does not tell of a fault in the code itself.
  ///
  /// - Complexity: two system calls, under a microsecond.
  package static func during<Result>(_ body: () throws -> Result) rethrows -> Result {
    var blocked = asynchronous
    var before = sigset_t()
    pthread_sigmask(SIG_BLOCK, &blocked, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    return try body()
  }

  /// Blocks them on the calling thread for good.
  package static func raise() {
    var blocked = asynchronous
    pthread_sigmask(SIG_BLOCK, &blocked, nil)
  }

  private static var asynchronous: sigset_t {
    var set = sigset_t()
    sigfillset(&set)
    for fault in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT] { sigdelset(&set, fault) }
    return set
  }
}
