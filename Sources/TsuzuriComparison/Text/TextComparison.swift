internal import TsuzuriKernels
internal import TsuzuriModel
public import TsuzuriTraining

/// Trains several cells on one text, with the same budget and the same number of parameters, each from several seeds.
///
/// ```swift
/// let models = try ComparedModel.models(of: CellKind.allCases, shape: shape)
/// let result = try TextComparison(models: models, training: options, seeds: 3).run(on: text)
/// ```
/// The budget is what `training` bounds: steps or seconds. Seconds are seconds of training: the clock stands still while a
/// model is measured. The runs come one after the other and each has all threads; the order of the seeds is outermost, so
/// that whatever slows a machine down for a while slows all cells down.
public struct TextComparison: Sendable {
  /// What is compared.
  public var models: [ComparedModel]
  /// How each is trained; the seed is that of the first run.
  public var training: TrainingConfiguration
  /// How many runs each model gets, from `training.seed` on.
  public var seeds: Int
  /// How often a run is measured.
  public var measurements: Int
  /// How many threads work.
  public var threads: Int

  /// A comparison; the epochs of `training` should leave the bound to its steps or seconds.
  public init(
    models: [ComparedModel], training: TrainingConfiguration, seeds: Int = 3, measurements: Int = 20, threads: Int = 2
  ) {
    precondition(seeds > 0 && measurements > 0, "\(seeds) seeds and \(measurements) measurements are asked for")
    self.models = models
    self.training = training
    self.seeds = seeds
    self.measurements = measurements
    self.threads = threads
  }

  /// Trains and measures them all.
  ///
  /// - Parameters:
  ///   - text: what is trained on; its validation text is what the models are measured on.
  ///   - clock: what speeds and time limits are read from.
  ///   - onEvent: is told what happens; what it throws ends the comparison.
  /// - Throws: ``ComparisonError/noValidation``, and what `Trainer` throws, except that a run whose loss is no longer a
  ///   finite number ends there and says so in its result.
  public func run(
    on text: TrainingText, clock: some Clock<Duration> = ContinuousClock(),
    onEvent: (ComparisonEvent) throws -> Void = { _ in }
  ) throws -> TextComparisonResult {
    guard let validation = text.validation, !validation.range.isEmpty else { throw ComparisonError.noValidation }
    let measure = try LaneValidation(
      validation, scoresEndOfText: text.scoresEndOfText, pool: WorkerPool(threads: max(1, threads)))
    // The trainer's own validation would take part of the budget.
    var text = text
    text.validation = nil
    var runs = [[TextComparisonResult.Run]](repeating: [], count: models.count)
    var event = ComparisonEvent(
      cell: .lstm, task: nil, seed: 0, finishedRuns: 0, runs: seeds * models.count, progress: 0, loss: nil)
    for offset in 0..<UInt64(seeds) {
      for (index, model) in models.enumerated() {
        (event.cell, event.seed) = (model.cell, training.seed &+ offset)
        (event.progress, event.loss) = (0, nil)
        let run = try self.run(model, seed: event.seed, text, measure, clock) { progress, loss in
          event.progress = progress
          event.loss = loss ?? event.loss
          try onEvent(event)
        }
        runs[index].append(run)
        event.finishedRuns += 1
      }
    }
    return TextComparisonResult(
      entries: zip(models, runs).map { .init(model: $0, runs: $1) }, validationTokens: measure.tokenCount)
  }

  private func run(
    _ model: ComparedModel, seed: UInt64, _ text: TrainingText, _ measure: LaneValidation,
    _ clock: some Clock<Duration>,
    onProgress: (Double, Double?) throws -> Void
  ) throws -> TextComparisonResult.Run {
    var training = training
    training.seed = seed
    // Cells are compared at one learning rate: one that diverges there has diverged.
    training.divergenceRetries = 0
    let trainer = try Trainer(text: text, model: model.configuration, configuration: training, threads: threads)
    let clock = PausableClock(clock)
    var plan = MeasurementPlan(count: measurements)
    var curve = LearningCurve()
    var last: TrainingReport?
    do {
      let result = try trainer.run(clock: clock) { event in
        guard case .stepped(let report) = event else { return }
        last = report
        var loss: Double?
        if plan.isDue(at: report.progress) {
          let found = clock.paused { measure.loss(of: trainer.currentModel) }
          curve.points.append(.init(step: report.step, tokens: report.tokens, seconds: report.seconds, loss: found))
          loss = found
        }
        try onProgress(report.progress, loss)
      }
      return TextComparisonResult.Run(
        seed: seed, curve: curve, steps: result.steps, tokens: result.tokens, seconds: result.seconds,
        tokensPerSecond: result.tokensPerSecond, isDiverged: false)
    } catch TrainingError.diverged {
      let (tokens, seconds) = (last?.tokens ?? 0, last?.seconds ?? 0)
      return TextComparisonResult.Run(
        seed: seed, curve: curve, steps: last?.step ?? 0, tokens: tokens, seconds: seconds,
        tokensPerSecond: seconds > 0 ? Double(tokens) / seconds : 0, isDiverged: true)
    }
  }
}
