import Logging
import Synchronization

/// Shows log messages as lines of the screen: plain ones as they are, warnings and errors by their name.
struct ScreenLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .info
  private let target = Target()

  private final class Target: Sendable {
    private struct Reference: Sendable { weak var screen: Screen? }
    private let reference = Mutex(Reference())
    var screen: Screen? {
      get { reference.withLock { $0.screen } }
      set { reference.withLock { $0.screen = newValue } }
    }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Names the screen that shows the messages.
  func attach(_ screen: Screen) { target.screen = screen }

  func log(event: LogEvent) {
    let name =
      switch event.level {
      case .warning: "warning: "
      case .error, .critical: "error: "
      default: ""
      }
    target.screen?.print(name + "\(event.message)".asMessage)
  }
}
