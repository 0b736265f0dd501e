extension WorkerPool {
  /// Runs `body` once for each number in 0 ..< `tasks` on all processors that this process may use, with threads that are
  /// started for it: for work done once, such as reading a model.
  ///
  /// - Parameter bytes: how many bytes the work goes through; a little work is done by the calling thread alone.
  package static func runOnce(tasks: Int, bytes: Int, _ body: @escaping @Sendable (Int) -> Void) {
    // Starting a thread takes about as long as going through some hundred thousand bytes.
    if bytes < 1 << 20 || tasks < 2 {
      for task in 0..<tasks { body(task) }
    } else {
      WorkerPool(threads: min(availableProcessors, tasks)).run(tasks: tasks, body)
    }
  }
}
