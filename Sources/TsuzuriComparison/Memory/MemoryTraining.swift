internal import TsuzuriKernels
internal import TsuzuriModel
internal import TsuzuriTraining

/// One model that learns one task: steps, and measurements on sequences that it does not learn from.
///
/// The same arguments give the same bits on any number of threads: the lanes are cut into two shares whatever works on
/// them, and a sequence is drawn from its number alone.
final class MemoryTraining {
  /// How many sequences a measurement takes.
  static let measuredSequences = 256
  /// How many steps in a row may fail to give a finite gradient before the run gives up.
  private static let toleratedSkips = 10

  private let options: MemoryOptions
  private let pool: WorkerPool
  private let weights: PreparedWeights
  private let parameters: FloatBuffer
  private let optimizer: AdamW
  private let clipping: GradientClipping
  private let shares: [any MemoryShare]
  private let seed: UInt64
  /// Steps taken.
  private(set) var steps = 0
  private var skippedInARow = 0

  /// Whether the loss is no longer a finite number, step after step.
  var isDiverged: Bool { skippedInARow >= Self.toleratedSkips }

  init(_ task: MemoryTask, _ model: ComparedModel, seed: UInt64, options: MemoryOptions, pool: WorkerPool) {
    self.options = options
    self.pool = pool
    // Initial weights draw from the seed itself, and the sequences that are measured from one that all runs share.
    self.seed = seed ^ 0x7365_7175_656e_6365
    let layout = ParameterLayout(model.configuration)
    weights = PreparedWeights(model.configuration, layout: layout, for: .training)
    parameters = FloatBuffer(count: layout.bufferCount)
    ParameterInitialization.fill(
      parameters.pointer, layout: layout, configuration: model.configuration, seed: seed)
    optimizer = AdamW(parameterCount: layout.bufferCount, options: AdamW.Options())
    clipping = GradientClipping(maximumNorm: options.clipNorm)
    let half = (options.batchSize + 1) / 2
    let parts = [0..<half, half..<options.batchSize].filter { !$0.isEmpty }
    let weights = weights
    shares = parts.map { lanes in
      switch task {
      case .adding(let steps): AddingShare(AddingProblem(steps: steps), weights, lanes: lanes)
      case .copy(let delay): CopyShare(CopyTask(delay: delay), weights, lanes: lanes)
      }
    }
    prepare()
  }

  /// Takes a step on new sequences, and returns their mean loss before it.
  @discardableResult
  func step() -> Double {
    learn(seed: seed, first: steps * options.batchSize)
    steps += 1
    let sum = shares[0].gradient
    for share in shares.dropFirst() { KernelSet.best.add(share.gradient.pointer, to: sum.pointer, count: sum.count) }
    let (norm, scale) = clipping.apply(to: sum.all)
    let loss = meanLoss
    guard norm.isFinite, loss.isFinite else {
      skippedInARow += 1
      return loss
    }
    skippedInARow = 0
    optimizer.step(
      parameters: parameters.all, gradients: UnsafeBufferPointer(sum.all), learningRate: options.learningRate,
      gradientScale: scale)
    prepare()
    return loss
  }

  /// The mean loss on the sequences that are measured.
  func measuredLoss() -> Double {
    let batches = max(1, Self.measuredSequences / options.batchSize)
    let (shares, parameters, size) = (shares, parameters, options.batchSize)
    var sum = 0.0
    for batch in 0..<batches {
      pool.run(tasks: shares.count) { index in
        shares[index].draw(seed: Self.measuredSeed, first: batch * size)
        shares[index].measure(parameters: parameters.pointer)
      }
      sum += meanLoss
    }
    return sum / Double(batches)
  }

  /// How much of the loss's gradient reaches earlier steps, on the first sequences that are measured; nil for a task whose
  /// loss does not stand at the last step alone.
  ///
  /// - Returns: ‖∂loss/∂h_{T−k}‖ / ‖∂loss/∂h_T‖ for k = 0, 1 … T − 1, each norm the mean over the sequences.
  func gradientFlow(steps: Int) -> [Double]? {
    let adding = shares.compactMap { $0 as? AddingShare }
    guard adding.count == shares.count else { return nil }
    learn(seed: Self.measuredSeed, first: 0)
    let norms = (0..<steps).map { k in
      let lanes = adding.flatMap { $0.pass.gradientNorms(stepsBack: k) }
      return lanes.reduce(0, +) / Double(lanes.count)
    }
    return norms.map { $0 / norms[0] }
  }

  /// The same for all runs, so that they are measured on the same sequences.
  private static let measuredSeed: UInt64 = 0x6d65_6173_7572_6564

  private var meanLoss: Double { shares.reduce(0) { $0 + $1.lossSum } / Double(options.batchSize) }

  private func learn(seed: UInt64, first: Int) {
    let (shares, parameters, scale) = (shares, parameters, 1 / Float(options.batchSize))
    pool.run(tasks: shares.count) { index in
      shares[index].draw(seed: seed, first: first)
      shares[index].learn(scale: scale, parameters: parameters.pointer)
    }
  }

  private func prepare() { weights.prepareAll(from: parameters.pointer, using: .best) }
}
