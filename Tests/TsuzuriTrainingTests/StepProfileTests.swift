import Synchronization
import Testing
import TsuzuriData
@testable import TsuzuriKernels
import TsuzuriModel

@testable import TsuzuriTraining

/// What a profile counts must be what the step did, whichever cell it trains.
struct StepProfileTests {
  private typealias Part = StepProfile.Part

  @Test(arguments: CellKind.allCases)
  func everyProductOfAStepIsCountedUnderItsPart(cell: CellKind) throws {
    try check(ModelConfiguration(cell: cell, vocabularySize: 11, embeddingSize: 5, hiddenSize: 7, layers: 2))
  }

  @Test func soAreThoseOfAModelWithMore() throws {
    var model = ModelConfiguration(
      cell: .lstm, vocabularySize: 11, embeddingSize: 5, hiddenSize: 7, layers: 3, dropout: 0.3, isResidual: true)
    let profiles = try check(model)
    for part: Part in [.dropout, .dropoutBackward, .residual, .residualBackward] {
      #expect(nanoseconds(profiles, part) > 0, "\(part)")
    }
    model.isResidual = false
    model.projectionSize = 3
    try check(model)
    model.projectionSize = nil
    model.normalizesGates = true
    try check(model)
  }

  /// The parts are laps of one stopwatch: together they are the time from the first to the last.
  @Test func thePartsOfAShareAddUpToItsTime() throws {
    let ticks = Ticks()
    let profile = StepProfile(clock: { ticks.next() })
    profile.enter(.lanes)  // 1
    profile.enter(.gates)  // 2
    profile.measure(ProductShape(rows: 2, columns: 3, inner: 5, form: .packed)) {}  // 3, 4
    profile.enter(.softmax)  // 5
    profile.end()  // 6
    #expect(profile.nanoseconds.reduce(0, +) == 5)
    #expect(profile.nanoseconds[Part.gates.rawValue] == 2)
    #expect(profile.nanoseconds[Part.recurrentProducts.rawValue] == 1)
    #expect(profile.products.map(\.operations) == [60])
    profile.reset()
    #expect(profile.nanoseconds.allSatisfy { $0 == 0 } && profile.products.isEmpty)
  }

  /// Runs a step, and compares its products with those that the tensors' sizes say it has.
  @discardableResult
  private func check(_ model: ModelConfiguration) throws -> [StepProfile] {
    let (B, T) = (5, 6)
    let layout = ParameterLayout(model)
    let parameters = FloatBuffer(count: layout.bufferCount)
    for i in 0..<parameters.count { parameters.pointer[i] = Float(i % 7) * 0.05 - 0.15 }
    let ticks = Ticks()
    let step = TrainingStep(
      model, training: TrainingConfiguration(batchSize: B, sequenceLength: T, shares: 2), parameters: parameters,
      pool: WorkerPool(threads: 1), clock: { ticks.next() })
    let batcher = try LaneBatcher(
      tokens: TokenArray((0..<Int32(2 * B * T + 1)).map { $0 * $0 % 11 }), lanes: B, window: T)
    _ = try step.run(batcher, window: 0, step: 0, learningRate: 0.01)

    func weights(_ roles: String...) -> Int {
      layout.slices.filter { slice in roles.contains { slice.name.contains($0) } }.reduce(0) { $0 + $1.count }
    }
    func operations(_ part: Part) -> Int {
      Int(step.profiles.flatMap(\.products).filter { $0.part == part }.reduce(0) { $0 + $1.operations })
    }
    let tokens = B * T
    let (recurrent, first, input) = (weights("weight_hh", "weight_hr"), weights("weight_ih_l0"), weights("weight_ih"))
    let inputOperations = 2 * (step.inputProductRows * first + tokens * (input - first))
    #expect(operations(.inputProducts) == inputOperations)
    #expect(operations(.inputProductsBackward) == inputOperations)
    #expect(operations(.recurrentProducts) == 2 * tokens * recurrent)
    #expect(operations(.weightsBackward) == 2 * tokens * recurrent + inputOperations)
    // None goes back beyond the window's first step, but through what stands inside that step.
    let inside = cellInside(model, layout)
    #expect(operations(.recurrentProductsBackward) == 2 * B * ((T - 1) * recurrent + inside))
    #expect(operations(.outputProducts) == 2 * tokens * weights("output.weight"))
    #expect(operations(.outputProductsBackward) == 4 * tokens * weights("output.weight"))
    for part: Part in [
      .preparation, .lanes, .lookUp, .gates, .softmax, .outputBiasBackward, .gatesBackward, .lookUpBackward,
      .reduction, .optimizer,
    ] { #expect(nanoseconds(step.profiles, part) > 0, "\(part)") }
    return step.profiles
  }

  /// The weights of products inside a step: n of a GRU whose reset comes before it, and the projection.
  private func cellInside(_ model: ModelConfiguration, _ layout: ParameterLayout) -> Int {
    let H = model.hiddenSize
    if model.cell == .gruResetBefore { return model.layers * H * H }
    return model.layers * H * (model.projectionSize ?? 0)
  }

  private func nanoseconds(_ profiles: [StepProfile], _ part: Part) -> UInt64 {
    profiles.reduce(0) { $0 + $1.nanoseconds[part.rawValue] }
  }
}

/// A clock that goes on by one whenever it is looked at.
private final class Ticks: Sendable {
  private let count = Atomic<UInt64>(0)
  func next() -> UInt64 { count.wrappingAdd(1, ordering: .relaxed).newValue }
}
