internal import CKernels
internal import COneDNN
import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Threads that run the numbered tasks of one phase together, and meet at its end.
///
/// Which thread runs which task is left open: tasks write to places of their own, so that results do not depend on it.
/// Each thread's oneDNN is told to be sequential, since the pool is what shares the cores.
package final class WorkerPool: Sendable {
  /// How many threads work, the caller's among them.
  package var threads: Int { crew.threads }

  // The threads own the crew and not the pool, so that the last user's release of the pool ends them.
  private let crew: WorkerCrew

  /// Starts `threads` − 1 threads, which sleep until ``run(tasks:_:)``.
  package init(threads: Int) {
    precondition(threads > 0, "a pool of \(threads) threads was asked for")
    crew = WorkerCrew(threads: threads)
    crew.start()
  }

  deinit { crew.close() }

  /// Runs `body` once for each number in 0 ..< `tasks`, and returns when all have ended.
  ///
  /// Only one thread may call it at a time, and never from inside a task.
  package func run(tasks: Int, _ body: @escaping @Sendable (Int) -> Void) {
    crew.run(tasks: tasks, body)
  }

  /// How many processors this process may use (its affinity mask, not the machine's size).
  package static var availableProcessors: Int { Int(tz_available_processors()) }
}

/// What the threads of a ``WorkerPool`` share.
private final class WorkerCrew: @unchecked Sendable {
  // SAFETY: the variables are read and written under `mutex` only; `nextTask` is atomic; `handles` belongs to the
  // pool's owner.

  let threads: Int
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let begun = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let ended = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let nextTask = Atomic<Int>(0)
  private var phase = 0
  private var taskCount = 0
  private var body: (@Sendable (Int) -> Void)?
  private var working = 0
  private var isClosing = false
  private var handles: [pthread_t] = []

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
    for _ in 1..<threads {
      var handle = pthread_t()
      let status = pthread_create(
        &handle, nil,
        { argument in
          guard let argument else { return nil }
          Unmanaged<WorkerCrew>.fromOpaque(argument).takeRetainedValue().work()
          return nil
        }, Unmanaged.passRetained(self).toOpaque())
      if status != 0 {
        // The system allows no more threads. Those that there are do the work: the result is the same.
        Unmanaged.passUnretained(self).release()
        break
      }
      handles.append(handle)
    }
  }

  func close() {
    pthread_mutex_lock(mutex)
    isClosing = true
    pthread_cond_broadcast(begun)
    pthread_mutex_unlock(mutex)
    for handle in handles { pthread_join(handle, nil) }
  }

  /// The threads that were started.
  private var helpers: Int { handles.count }

  func run(tasks: Int, _ body: @escaping @Sendable (Int) -> Void) {
    omp_set_num_threads(1)
    SignalShield.during { share(tasks, body) }
  }

  private func share(_ tasks: Int, _ body: @escaping @Sendable (Int) -> Void) {
    if helpers == 0 || tasks <= 1 {
      for task in 0..<tasks { body(task) }
      return
    }
    pthread_mutex_lock(mutex)
    nextTask.store(0, ordering: .relaxed)
    taskCount = tasks
    self.body = body
    working = helpers
    phase += 1
    pthread_cond_broadcast(begun)
    pthread_mutex_unlock(mutex)
    takeTasks(tasks, body)
    pthread_mutex_lock(mutex)
    while working > 0 { pthread_cond_wait(ended, mutex) }
    self.body = nil
    pthread_mutex_unlock(mutex)
  }

  private func takeTasks(_ tasks: Int, _ body: @Sendable (Int) -> Void) {
    while true {
      let task = nextTask.wrappingAdd(1, ordering: .relaxed).oldValue
      if task >= tasks { return }
      body(task)
    }
  }

  /// One thread's life.
  private func work() {
    SignalShield.raise()
    omp_set_num_threads(1)
    var seen = 0
    while true {
      pthread_mutex_lock(mutex)
      while phase == seen && !isClosing { pthread_cond_wait(begun, mutex) }
      if isClosing {
        pthread_mutex_unlock(mutex)
        return
      }
      seen = phase
      let tasks = taskCount
      let body = self.body
      pthread_mutex_unlock(mutex)
      if let body { takeTasks(tasks, body) }
      pthread_mutex_lock(mutex)
      working -= 1
      if working == 0 { pthread_cond_signal(ended) }
      pthread_mutex_unlock(mutex)
    }
  }
}
