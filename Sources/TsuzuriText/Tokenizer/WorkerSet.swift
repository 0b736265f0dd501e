import Dispatch
import Synchronization

/// Workers that each serve one thread at a time, such as those that hold a break iterator.
// SAFETY: `run` hands each worker to one thread at a time, and nothing else gives them out.
package struct WorkerSet<Worker>: @unchecked Sendable {
  private let workers: [Worker]

  /// `count` workers.
  package init(count: Int, _ make: () throws -> Worker) rethrows {
    precondition(count >= 1, "\(count) workers are asked for, expected at least 1")
    workers = try (0..<count).map { _ in try make() }
  }

  /// The number of workers.
  package var count: Int { workers.count }

  /// Calls `body` once with each worker and its number, on several threads at once, and returns when all are done.
  ///
  /// - Throws: the error of the first worker, in their order, that threw.
  package func run(_ body: @Sendable (Worker, Int) throws -> Void) throws {
    let failures = Mutex<[Int: any Error]>([:])
    DispatchQueue.concurrentPerform(iterations: workers.count) { index in
      do {
        try body(workers[index], index)
      } catch {
        failures.withLock { $0[index] = error }
      }
    }
    if let first = failures.withLock({ failures in failures.min { $0.key < $1.key }?.value }) { throw first }
  }
}
