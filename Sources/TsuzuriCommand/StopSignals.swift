import Glibc
import Synchronization

/// What SIGINT and SIGTERM do. A broken pipe ends the process as it ends every filter: quietly.
enum StopSignals {
  /// The first of the signals that came since `watch()`, 0 for none.
  private static let received = Atomic<Int32>(0)

  /// The signal that asks the work to stop, or nil.
  static var pending: Int32? {
    let signal = received.load(ordering: .relaxed)
    return signal == 0 ? nil : signal
  }

  /// From here on a signal ends the process with 128 and the signal's number, as shells count it.
  static func exitAtOnce() {
    for number in [SIGINT, SIGTERM] { signal(number) { _exit(128 + $0) } }
    signal(SIGPIPE, SIG_DFL)
    // A mask is inherited: whoever starts the command from a thread without signals would leave it deaf to them.
    var mask = sigset_t()
    sigemptyset(&mask)
    for number in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&mask, number) }
    sigprocmask(SIG_UNBLOCK, &mask, nil)
  }

  /// From here on a signal only asks to stop; a second one ends the process at once.
  ///
  /// A pipe that nobody reads any more does not end the process either: the work is worth more than its report.
  static func watch() {
    // A global is made when it is first touched, which must not happen inside the handler.
    received.store(0, ordering: .relaxed)
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        if StopSignals.received.exchange(number, ordering: .relaxed) != 0 { _exit(128 + number) }
      }
    }
    signal(SIGPIPE, SIG_IGN)
  }
}
