import AllocationCounter
import Testing
import TsuzuriData
import TsuzuriKernels
import TsuzuriModel

@testable import TsuzuriTraining

/// A step in the steady state allocates nothing by our code. oneDNN's sgemm takes memory for itself; that is told apart by
/// who asks, and not counted.
@Suite(.serialized, .enabled(if: tz_allocations_can_be_counted() == 1, "a sanitizer stands in the place of malloc"))
struct StepAllocationTests {
  /// Long windows too: what a step copies of each lane must not be too much for the stack.
  @Test(arguments: CellKind.allCases, [12, 700])
  func aStepInTheSteadyStateAllocatesNothing(cell: CellKind, time: Int) throws {
    for dropout: Float in [0, 0.3] {
      #expect(try allocations(model(cell, dropout: dropout), time: time) == 0, "dropout \(dropout)")
    }
  }

  /// What a model may have beside its cell.
  @Test(arguments: [0, 0.3] as [Float])
  func norDoesThatOfAModelWithMore(dropout: Float) throws {
    var models: [(String, ModelConfiguration)] = []
    func add(_ name: String, _ change: (inout ModelConfiguration) -> Void) {
      var model = model(.lstm, dropout: dropout)
      change(&model)
      models.append((name, model))
    }
    add("tied embeddings") {
      $0.tiesEmbeddings = true; $0.embeddingSize = $0.hiddenSize
    }
    add("projection") { $0.projectionSize = 3 }
    add("normalised gates") { $0.normalizesGates = true }
    // More parameters than one block of the sum of squares has.
    add("a sum that threads share") { $0.hiddenSize = 40 }
    add("residual") { $0.isResidual = true }
    add("all regularisation") { $0.regularization = TrainingStepTests.regularization }
    add("lines") { $0.resetTokens = [3] }
    add("a learned beginning") { $0.learnsInitialState = true }
    add("two stacks") { $0.isBidirectional = true }
    add("two stacks of minimal GRUs") {
      $0.isBidirectional = true; $0.cell = .minGRU
    }
    for (name, model) in models {
      #expect(try allocations(model, time: 12) == 0, "\(name)")
      #expect(try allocations(model, time: 12, optimizer: .sgd(SGD.Options(momentum: 0.9))) == 0, "\(name), momentum")
    }
  }

  @Test func theCounterSeesAnArray() {
    tz_reset_allocations()
    tz_count_allocations(1)
    let numbers = (0..<100).map { $0 * $0 }
    tz_count_allocations(0)
    #expect(numbers[99] == 9801)
    #expect(tz_own_allocations() >= 1)
  }

  private func model(_ cell: CellKind, dropout: Float) -> ModelConfiguration {
    ModelConfiguration(cell: cell, vocabularySize: 11, embeddingSize: 5, hiddenSize: 7, layers: 2, dropout: dropout)
  }

  private func allocations(
    _ model: ModelConfiguration, time: Int, optimizer: OptimizerChoice = .adamW(AdamW.Options())
  ) throws -> Int {
    let layout = ParameterLayout(model)
    let parameters = FloatBuffer(count: layout.bufferCount)
    for i in 0..<parameters.count { parameters.pointer[i] = Float(i % 7) * 0.05 - 0.15 }
    let training = TrainingConfiguration(
      batchSize: 5, sequenceLength: time, optimizer: optimizer,
      clipping: GradientClipping(maximumNorm: 1, maximumValue: 2), shares: 3)
    let pool = WorkerPool(threads: 2)
    let step = TrainingStep(model, training: training, parameters: parameters, pool: pool)
    let tokens = CountedTokens(count: 5 * 4 * time + 1)
    let batcher = try LaneBatcher(tokens: tokens, lanes: 5, window: time)
    for number in 0..<2 { _ = try step.run(batcher, window: number, step: number, learningRate: 0.01) }
    pool.runOnEach(Counting(isOn: true))
    defer { pool.runOnEach(Counting(isOn: false)) }
    tz_reset_allocations()
    for number in 2..<4 { _ = try step.run(batcher, window: number, step: number, learningRate: 0.01) }
    tz_count_allocations(0)
    return tz_own_allocations()
  }
}

/// Has the allocations of every thread of a pool counted, or no more.
private final class Counting: PoolWork {
  private let isOn: Bool

  init(isOn: Bool) { self.isOn = isOn }

  func run(part: Int) { tz_count_allocations(isOn ? 1 : 0) }
}

/// Tokens by formula.
private struct CountedTokens: TokenSequence {
  var count: Int

  func read(_ range: Range<Int>, into destination: UnsafeMutablePointer<Int32>) {
    for (i, index) in range.enumerated() { destination[i] = Int32(index * index % 11) }
  }
}
