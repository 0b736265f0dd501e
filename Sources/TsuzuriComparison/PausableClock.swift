internal import Synchronization

/// A clock that stands still while it is told to: so that measuring a model takes nothing of the time that the model is
/// given to learn.
final class PausableClock<Base: Clock>: Clock where Base.Duration == Duration {
  /// How long the clock has run.
  struct Instant: InstantProtocol {
    var elapsed = Duration.zero
    func advanced(by duration: Duration) -> Instant { Instant(elapsed: elapsed + duration) }
    func duration(to other: Instant) -> Duration { other.elapsed - elapsed }
    static func < (a: Instant, b: Instant) -> Bool { a.elapsed < b.elapsed }
  }

  private struct State {
    /// What had passed when the clock was last stopped or started.
    var elapsed = Duration.zero
    /// When it was last started; nil while it stands.
    var started: Base.Instant?
  }

  private let base: Base
  private let state: Mutex<State>

  /// A clock that runs.
  init(_ base: Base) {
    self.base = base
    state = Mutex(State(started: base.now))
  }

  var now: Instant {
    state.withLock { state in
      Instant(elapsed: state.elapsed + (state.started.map { $0.duration(to: base.now) } ?? .zero))
    }
  }

  var minimumResolution: Duration { base.minimumResolution }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try await base.sleep(until: base.now.advanced(by: now.duration(to: deadline)), tolerance: tolerance)
  }

  /// Runs `body` while the clock stands still.
  func paused<Result>(_ body: () throws -> Result) rethrows -> Result {
    state.withLock { state in
      if let started = state.started { state.elapsed += started.duration(to: base.now) }
      state.started = nil
    }
    defer { state.withLock { $0.started = base.now } }
    return try body()
  }
}
