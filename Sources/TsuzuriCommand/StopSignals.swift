import Glibc
import Synchronization

/// What SIGINT and SIGTERM do. A broken pipe ends the process as it ends every filter: quietly.
///
/// Both signals are blocked in every thread and taken by one that does nothing else. A handler would interrupt whatever
/// code happens to run, generated matrix products among it, on that code's own stack: one run in ten that was interrupted
/// so died of a damaged heap.
enum StopSignals {
  /// The first of the signals that came since `watch()`, 0 for none.
  private static let received = Atomic<Int32>(0)
  /// Whether a signal only asks to stop.
  private static let isWatched = Atomic<Bool>(false)
  /// What comes so soon after a signal is the same request: 'timeout' and batch systems signal a process and then its
  /// group, so that one request arrives twice within microseconds. Nobody presses Ctrl-C twice in less.
  private static let repetition = Duration.milliseconds(100)

  /// The signal that asks the work to stop, or nil.
  static var pending: Int32? {
    let signal = received.load(ordering: .acquiring)
    return signal == 0 ? nil : signal
  }

  /// From here on a signal ends the process with 128 and the signal's number, as shells count it.
  ///
  /// To be called first of all, by the only thread that there is: threads inherit which signals are blocked.
  static func exitAtOnce() {
    var taken = sigset_t()
    sigemptyset(&taken)
    for number in [SIGINT, SIGTERM] {
      sigaddset(&taken, number)
      // A shell starts what it puts in the background with SIGINT ignored, and an ignored signal is never waited for.
      signal(number, SIG_DFL)
    }
    pthread_sigmask(SIG_BLOCK, &taken, nil)
    signal(SIGPIPE, SIG_DFL)
    // A file that may not grow further is an error of the write, with a message; the signal would end the process.
    signal(SIGXFSZ, SIG_IGN)
    // A mask is inherited: whoever starts the command from a thread without signals would leave it deaf to this one.
    var pipe = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    pthread_sigmask(SIG_UNBLOCK, &pipe, nil)
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { _ in
        StopSignals.wait()
        return nil
      }, nil)
    pthread_detach(thread)
  }

  /// From here on a signal only asks to stop; a second one, a tenth of a second later or more, ends the process at once.
  ///
  /// A pipe that nobody reads any more does not end the process either: the work is worth more than its report.
  static func watch() {
    received.store(0, ordering: .relaxed)
    isWatched.store(true, ordering: .releasing)
    signal(SIGPIPE, SIG_IGN)
  }

  /// Forgets a SIGINT that has done its work; a request to end stays.
  static func forgetInterrupt() {
    _ = received.compareExchange(expected: SIGINT, desired: 0, ordering: .acquiringAndReleasing)
  }

  /// The life of the thread that takes the signals.
  private static func wait() {
    var taken = sigset_t()
    sigemptyset(&taken)
    for number in [SIGINT, SIGTERM] { sigaddset(&taken, number) }
    var first = ContinuousClock.now
    while true {
      var number: Int32 = 0
      guard sigwait(&taken, &number) == 0 else { continue }
      guard isWatched.load(ordering: .acquiring) else { _exit(128 + number) }
      let request = received.compareExchange(expected: 0, desired: number, ordering: .acquiringAndReleasing)
      if request.exchanged {
        first = .now
      } else if first.duration(to: .now) > repetition {
        _exit(128 + number)
      }
    }
  }
}
