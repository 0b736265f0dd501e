internal import TsuzuriKernels
public import TsuzuriModel
internal import TsuzuriTraining

/// Lets several cells learn the classic tasks that take memory, with the same budget and as many parameters, each from
/// several seeds, and looks at how far back the gradient reaches.
public struct MemoryComparison: Sendable {
  /// What is learnt.
  public var tasks: [MemoryTask]
  /// Which cells learn it.
  public var cells: [CellKind]
  /// The sizes that all have in common; its hidden size, with the first cell, sets the budget of parameters.
  public var shape: ModelConfiguration
  /// How many parameters a model may have; nil for those of the first cell.
  public var parameters: Int?
  /// How it is learnt.
  public var options: MemoryOptions

  /// A comparison. Models have one layer, whatever `shape` says: what comes back through time is looked at in one layer.
  public init(
    tasks: [MemoryTask], cells: [CellKind], shape: ModelConfiguration, parameters: Int? = nil, options: MemoryOptions
  ) {
    self.tasks = tasks
    self.cells = cells
    self.shape = shape
    self.shape.layers = 1
    self.parameters = parameters
    self.options = options
  }

  /// Trains and measures them all, one after the other.
  ///
  /// - Parameters:
  ///   - clock: what speeds and time limits are read from.
  ///   - onEvent: is told what happens; what it throws ends the comparison.
  /// - Throws: ``ComparisonError/budgetTooSmall(parameters:cell:smallest:)``, and what makes a shape impossible.
  public func run(
    clock: some Clock<Duration> = ContinuousClock(), onEvent: (ComparisonEvent) throws -> Void = { _ in }
  ) throws -> MemoryComparisonResult {
    let pool = WorkerPool(threads: max(1, options.threads))
    var results = try tasks.map { task in
      MemoryComparisonResult.Task(
        task: task,
        entries: try task.models(of: cells, shape: shape, parameters: parameters).map { .init(model: $0, runs: []) })
    }
    var event = ComparisonEvent(
      cell: .lstm, task: nil, seed: 0, finishedRuns: 0, runs: options.seeds * tasks.count * cells.count, progress: 0,
      loss: nil)
    for offset in 0..<UInt64(options.seeds) {
      for (t, task) in tasks.enumerated() {
        for (m, entry) in results[t].entries.enumerated() {
          (event.cell, event.task, event.seed) = (entry.model.cell, task.name, options.seed &+ offset)
          (event.progress, event.loss) = (0, nil)
          let training = MemoryTraining(task, entry.model, seed: event.seed, options: options, pool: pool)
          let run = try self.run(training, task, seed: event.seed, clock) { progress, loss in
            event.progress = progress
            event.loss = loss ?? event.loss
            try onEvent(event)
          }
          results[t].entries[m].runs.append(run)
          event.finishedRuns += 1
        }
      }
    }
    return MemoryComparisonResult(tasks: results)
  }

  private func run(
    _ training: MemoryTraining, _ task: MemoryTask, seed: UInt64, _ base: some Clock<Duration>,
    onProgress: (Double, Double?) throws -> Void
  ) throws -> MemoryComparisonResult.Run {
    let fresh = training.gradientFlow(steps: task.steps)
    var plan = MeasurementPlan(count: options.measurements)
    var curve = LearningCurve()
    let clock = PausableClock(base)
    let begin = clock.now
    var (progress, seconds) = (0.0, 0.0)
    while progress < 1, !training.isDiverged {
      training.step()
      seconds = begin.duration(to: clock.now).seconds
      progress = min(
        1,
        max(
          options.maximumSteps.map { Double(training.steps) / Double($0) } ?? 0,
          options.timeLimitSeconds.map { seconds / $0 } ?? 0))
      var loss: Double?
      if plan.isDue(at: progress) {
        let found = clock.paused { training.measuredLoss() }
        let tokens = training.steps * options.batchSize * task.steps
        if found.isFinite {
          curve.points.append(.init(step: training.steps, tokens: tokens, seconds: seconds, loss: found))
        }
        loss = found
      }
      try clock.paused { try onProgress(progress, loss) }
    }
    return MemoryComparisonResult.Run(
      seed: seed, curve: curve, steps: training.steps, seconds: seconds,
      tokensPerSecond: seconds > 0 ? Double(training.steps * options.batchSize * task.steps) / seconds : 0,
      isDiverged: training.isDiverged,
      flow: fresh.flatMap { fresh in
        training.gradientFlow(steps: task.steps).map { .init(fresh: fresh, trained: $0) }
      })
  }
}
