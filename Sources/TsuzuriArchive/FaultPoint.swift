import Glibc
import Synchronization

/// A moment of a file's way to the disk at which a test can end the process or make the system's call fail.
///
/// No ordinary process ever arms one: then a point costs one look at a number that never changes. The command arms
/// one for the variable that `Design/0011-nothing-lost.md` describes; a library never reads a variable.
package enum FaultPoint: String, CaseIterable, Sendable {
  /// Before a file is opened to be written.
  case open
  /// In the middle of a write: half of its bytes are written.
  case write
  /// Before a file is synchronised with the disk.
  case sync
  /// Before a file takes the place of the one it replaces.
  case rename
  /// Before a folder is synchronised; the new file stands by then.
  case folder
  /// Before a file that is no longer needed is removed.
  case remove
  /// In the middle of a line that is added to a log.
  case append
  /// In the middle of a write to a token file, or to the file that holds a corpus between two passes.
  case tokens

  /// What happens there.
  package enum Action: Equatable, Sendable {
    /// The process dies as by `kill -9`.
    case kill
    /// The call fails with this `errno`.
    case fail(Int32)
    /// Writes take only a part of what they are given, as they may.
    case short
    /// The thread stays there for ever, so that a test can look around or send signals.
    case hang
  }

  /// The point that is armed: its place among all cases, or −1.
  private static let armed = Atomic<Int>(-1)
  /// How often it is still passed without harm.
  private static let remaining = Atomic<Int>(0)
  private static let action = Mutex(Action.kill)

  /// Arms a point: from the `count`-th time on that it is reached, counted from 1, the action happens.
  package static func arm(_ point: FaultPoint, at count: Int, _ newAction: Action) {
    action.withLock { $0 = newAction }
    remaining.store(count - 1, ordering: .relaxed)
    armed.store(point.place, ordering: .releasing)
  }

  private var place: Int { Self.allCases.firstIndex(of: self) ?? -1 }

  /// What is to happen now; nil in every ordinary process.
  @inline(__always)
  package var due: Action? {
    Self.armed.load(ordering: .relaxed) < 0 ? nil : dueWhereArmed
  }

  private var dueWhereArmed: Action? {
    guard Self.armed.load(ordering: .acquiring) == place,
      Self.remaining.subtract(1, ordering: .relaxed).oldValue <= 0
    else { return nil }
    return Self.action.withLock { $0 }
  }

  /// Dies, hangs, or gives back the error that the call is to fail with; nil goes on.
  @inline(__always)
  package func failure() -> Int32? {
    due.flatMap { Self.strike($0) }
  }

  /// What happens to a write of `bytes` bytes: how many of them to hand on, and what follows them.
  @inline(__always)
  package func cut(_ bytes: Int) -> (bytes: Int, then: Action?) {
    guard let due else { return (bytes, nil) }
    return due == .short ? (min(bytes, max(1, bytes / 3)), nil) : (bytes / 2, due)
  }

  /// Does what an action says, but for `short`.
  package static func strike(_ action: Action) -> Int32? {
    switch action {
    case .kill:
      Glibc.kill(getpid(), SIGKILL)
      // The signal may reach another thread first.
      while true { pause() }
    case .hang: while true { pause() }
    case .fail(let code): return code
    case .short: return nil
    }
  }
}

extension FaultPoint {
  /// The errors that a fault can be, by their names.
  private static let errors: [String: Int32] = [
    "ENOSPC": ENOSPC, "EDQUOT": EDQUOT, "EIO": EIO, "EROFS": EROFS, "EACCES": EACCES, "EMFILE": EMFILE,
    "EFBIG": EFBIG,
  ]

  /// Arms what `text` describes: `POINT:COUNT` or `POINT:COUNT:ACTION`, the action `kill` (also where there is none),
  /// `short`, `hang` or an error's name such as `ENOSPC`.
  ///
  /// - Returns: whether it could be understood.
  package static func arm(_ text: String) -> Bool {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard (2...3).contains(parts.count), let point = FaultPoint(rawValue: parts[0]), let count = Int(parts[1]),
      count > 0
    else { return false }
    let action: Action
    switch parts.count == 2 ? "kill" : parts[2] {
    case "kill": action = .kill
    case "short": action = .short
    case "hang": action = .hang
    case let name:
      guard let code = errors[name] else { return false }
      action = .fail(code)
    }
    arm(point, at: count, action)
    return true
  }
}
