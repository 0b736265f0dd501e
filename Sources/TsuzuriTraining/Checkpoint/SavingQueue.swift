internal import CKernels
internal import Dispatch
internal import Synchronization

/// Writes what a run keeps, beside the run: one job after the other, in the order they came, on a thread of its own.
///
/// The order is what a checkpoint rests on: the log, the weights and the good state that it speaks of are on the disk
/// before it. So after a job that failed no later one is done.
final class SavingQueue: Sendable {
  private struct State {
    var waiting = 0
    var savedSteps: [Int] = []
    var lastSavedStep: Int?
    var failure: (any Error)?
  }

  private let queue = DispatchQueue(label: "tsuzuri.saving")
  private let state: Mutex<State>

  /// An empty queue behind the checkpoint of this step, where there is one.
  init(lastSavedStep: Int?) { state = Mutex(State(lastSavedStep: lastSavedStep)) }

  /// Whether something is still to be written.
  var isBusy: Bool { waiting > 0 }

  /// How many jobs have not ended.
  var waiting: Int { state.withLock { $0.waiting } }

  /// How many jobs may wait for a slow disk before the run does: each may hold a copy of all weights.
  private static let longest = 3

  /// Waits, where many jobs do, until they have ended.
  func waitForRoom() { if waiting >= Self.longest { wait() } }

  /// Adds a job; it may give back the step of which a checkpoint is saved now.
  func add(_ job: @escaping @Sendable () throws -> Int?) {
    state.withLock { $0.waiting += 1 }
    queue.async { [self] in
      var result: Result<Int?, any Error> = .success(nil)
      if state.withLock({ $0.failure == nil }) { result = Result(catching: job) }
      // The system's threads come and go, and each would leave behind what its job took.
      tz_release_free_memory()
      state.withLock { state in
        state.waiting -= 1
        switch result {
        case .success(let step):
          guard let step else { return }
          state.savedSteps.append(step)
          state.lastSavedStep = step
        case .failure(let error): state.failure = error
        }
      }
    }
  }

  /// The step of the checkpoint that was saved last; nil before the first.
  var lastSavedStep: Int? { state.withLock { $0.lastSavedStep } }

  /// The steps of the checkpoints that were saved since the last call.
  ///
  /// - Throws: what a job threw, over and over.
  func takeSavedSteps() throws -> [Int] {
    try state.withLock { state in
      if let failure = state.failure { throw failure }
      defer { state.savedSteps = [] }
      return state.savedSteps
    }
  }

  /// Waits until all jobs have ended.
  func wait() { queue.sync {} }
}
