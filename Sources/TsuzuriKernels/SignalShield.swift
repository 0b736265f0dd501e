#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Keeps signals away from a thread while it multiplies.
///
/// oneDNN's generated code (seen in 2.6.3) keeps values below the stack pointer, farther than the 128 bytes that the
/// system leaves alone there. A signal's handler that runs on the same stack overwrites them, and the product writes
/// wherever the damaged pointers lead. Signals that arrive meanwhile are delivered afterwards, or to another thread.
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
