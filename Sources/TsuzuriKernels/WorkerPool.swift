internal import CKernels
internal import COneDNN
import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What the threads of a ``WorkerPool`` are to do: an object that is made once and used for many phases, so that a phase
/// allocates nothing.
package protocol PoolWork: AnyObject, Sendable {
  /// Does the part of that number. Parts run side by side and write to places of their own.
  func run(part: Int)
}

/// Threads that run the numbered tasks of one phase together, and meet at its end.
///
/// Each thread's oneDNN is told to be sequential, since the pool is what shares the cores. Between two phases the threads
/// wait by spinning for a fifth of a millisecond, since in training and writing the next one is mostly near, and then sleep.
package final class WorkerPool: Sendable {
  /// How many threads work, the caller's among them.
  package var threads: Int { crew.threads }

  // The threads own the crew and not the pool, so that the last user's release of the pool ends them.
  private let crew: WorkerCrew

  /// Starts `threads` − 1 threads, which sleep until there is something to do.
  package init(threads: Int) {
    precondition(threads > 0, "a pool of \(threads) threads was asked for")
    crew = WorkerCrew(threads: threads)
    crew.start()
  }

  deinit { crew.close() }

  /// Runs `body` once for each number in 0 ..< `tasks`, and returns when all have ended.
  ///
  /// Which thread runs which task is left open: tasks write to places of their own, so that results do not depend on it.
  /// Only one thread may call it at a time, and never from inside a task.
  package func run(tasks: Int, _ body: @escaping @Sendable (Int) -> Void) {
    run(tasks: tasks, ClosureWork(body))
  }

  /// The same for work that was made before.
  package func run(tasks: Int, _ work: any PoolWork) { crew.run(tasks, work, isFixed: false) }

  /// Runs part n of `work` on thread n, the caller's being 0, for as many parts as there are threads: so each thread meets
  /// the same memory phase after phase, in its own cache.
  package func runOnEach(_ work: any PoolWork) { crew.run(threads, work, isFixed: true) }

  /// How many processors this process may use (its affinity mask, not the machine's size).
  package static var availableProcessors: Int { Int(tz_available_processors()) }
}

private final class ClosureWork: PoolWork {
  private let body: @Sendable (Int) -> Void
  init(_ body: @escaping @Sendable (Int) -> Void) { self.body = body }
  func run(part: Int) { body(part) }
}

/// What the threads of a ``WorkerPool`` share.
private final class WorkerCrew: @unchecked Sendable {
  // SAFETY: `tasks`, `work` and `isFixed` are written by the caller before `phase` is advanced and read by the others
  // after they have seen that; they are written again only when `remaining` has come to zero. `sleeping` and `isClosing`
  // belong to `mutex`; `handles` to the pool's owner.

  let threads: Int
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let begun = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let ended = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let phase = Atomic<Int>(0)
  private let nextTask = Atomic<Int>(0)
  /// The threads that have not finished the phase.
  private let remaining = Atomic<Int>(0)
  private var tasks = 0
  private var work: (any PoolWork)?
  private var isFixed = false
  private var isClosing = false
  private var handles: [pthread_t] = []

  /// How often a thread looks before it sleeps: some 200 µs, which two shares of a training step seldom end apart.
  private static let looks = 10_000

  init(threads: Int) {
    self.threads = threads
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(begun, nil)
    pthread_cond_init(ended, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(begun)
    pthread_cond_destroy(ended)
    mutex.deallocate()
    begun.deallocate()
    ended.deallocate()
  }

  func start() {
    for number in 1..<max(threads, 1) {
      var handle = pthread_t()
      let argument = Unmanaged.passRetained(Start(crew: self, number: number))
      let status = pthread_create(
        &handle, nil,
        { argument in
          guard let argument else { return nil }
          let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
          start.crew.live(start.number)
          return nil
        }, argument.toOpaque())
      if status != 0 {
        // The system allows no more threads. Those that there are do the work: the result is the same.
        argument.release()
        break
      }
      handles.append(handle)
    }
  }

  private final class Start {
    let crew: WorkerCrew
    let number: Int
    init(crew: WorkerCrew, number: Int) {
      self.crew = crew
      self.number = number
    }
  }

  func close() {
    pthread_mutex_lock(mutex)
    isClosing = true
    pthread_cond_broadcast(begun)
    pthread_mutex_unlock(mutex)
    for handle in handles { pthread_join(handle, nil) }
  }

  func run(_ tasks: Int, _ work: any PoolWork, isFixed: Bool) {
    omp_set_num_threads(1)
    SignalShield.during { share(tasks, work, isFixed: isFixed) }
  }

  private func share(_ tasks: Int, _ work: any PoolWork, isFixed: Bool) {
    // The threads that were started: where the system allowed fewer, the caller takes the parts of those that lack.
    let helpers = handles.count
    if helpers == 0 || tasks <= 1 {
      for task in 0..<tasks { work.run(part: task) }
      return
    }
    nextTask.store(0, ordering: .relaxed)
    (self.tasks, self.work, self.isFixed) = (tasks, work, isFixed)
    remaining.store(helpers, ordering: .relaxed)
    // Under the mutex, so that nobody falls asleep between looking and being called.
    pthread_mutex_lock(mutex)
    phase.wrappingAdd(1, ordering: .releasing)
    pthread_cond_broadcast(begun)
    pthread_mutex_unlock(mutex)
    takeTasks(0)
    defer { self.work = nil }
    if isFixed { for part in helpers + 1..<max(tasks, helpers + 1) { work.run(part: part) } }
    for _ in 0..<Self.looks {
      if remaining.load(ordering: .acquiring) == 0 { return }
      tz_pause()
    }
    pthread_mutex_lock(mutex)
    while remaining.load(ordering: .acquiring) > 0 { pthread_cond_wait(ended, mutex) }
    pthread_mutex_unlock(mutex)
  }

  private func takeTasks(_ number: Int) {
    guard let work else { return }
    if isFixed {
      if number < tasks { work.run(part: number) }
      return
    }
    while true {
      let task = nextTask.wrappingAdd(1, ordering: .relaxed).oldValue
      if task >= tasks { return }
      work.run(part: task)
    }
  }

  /// One thread's life.
  private func live(_ number: Int) {
    SignalShield.raise()
    omp_set_num_threads(1)
    var seen = 0
    while waitForPhase(after: seen) {
      seen = phase.load(ordering: .acquiring)
      takeTasks(number)
      if remaining.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
        pthread_mutex_lock(mutex)
        pthread_cond_signal(ended)
        pthread_mutex_unlock(mutex)
      }
    }
  }

  /// Returns when there is a new phase; false where the pool ends.
  private func waitForPhase(after seen: Int) -> Bool {
    for _ in 0..<Self.looks {
      if phase.load(ordering: .acquiring) != seen { return true }
      tz_pause()
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while phase.load(ordering: .acquiring) == seen {
      if isClosing { return false }
      pthread_cond_wait(begun, mutex)
    }
    return true
  }
}
