import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// A learned state to begin from, against the equations, which are given it as any state.
struct InitialStateTests {
  /// Every cell that carries a state.
  private static let cells: [CellCase] = CellCase.all.filter { $0.configuration.cell != .feedForward }.map {
    var cell = $0
    cell.configuration.learnsInitialState = true
    return cell
  }

  /// Lanes 0 and 2 have read nothing; lane 1 has.
  private static func begin(_ model: CellModel) {
    var state = RecurrentState(model.cell.configuration, lanes: CellCase.sizes.B)
    state.values = model.startState.joined().map(Float.init)
    for lane in [0, 2] { state.setLane(lane, to: RecurrentState(model.cell.configuration, lanes: 1)) }
    model.pass.importState(from: state, firstLane: 0)
  }

  /// The state that the equations start from, of these tensors.
  private static func start(_ model: CellModel, _ values: [NamedValues]) -> [[Double]] {
    zip(model.startState, learnedBeginning(values, stack: "rnn")).map { carried, learned in
      learned + carried[learned.count..<2 * learned.count] + learned
    }
  }

  @Test(arguments: cells, allArithmetic)
  func aLaneThatHasReadNothingBeginsFromIt(cell: CellCase, arithmetic: Arithmetic) {
    let model = CellModel(cell, arithmetic: arithmetic)
    Self.begin(model)
    let found = model.forwardAndBackward()
    var state = Self.start(model, model.values)
    let losses = model.network(model.values).losses(
      inputs: model.inputs, targets: model.targets, batchSize: CellCase.sizes.B, state: &state)
    for (a, b) in zip(found, losses) { #expect(abs(Double(a) - b) < 1e-5) }
    model.pass.carryState(time: CellCase.sizes.T)
    for (a, b) in zip(model.state, state.joined()) { #expect(abs(Double(a) - b) < 1e-5) }
  }

  @Test(arguments: cells)
  func gradientsEqualCentralDifferences(cell: CellCase) throws {
    let model = CellModel(cell, arithmetic: Arithmetic())
    Self.begin(model)
    _ = model.forwardAndBackward()
    let finding = GradientCheck().worstElement(of: model.values, gradients: model.gradients) { all in
      var place = 0
      let moved = model.values.map { tensor in
        defer { place += tensor.values.count }
        return NamedValues(
          name: tensor.name, shape: tensor.shape, values: Array(all[place..<place + tensor.values.count]))
      }
      var state = Self.start(model, moved)
      let losses = model.network(moved).losses(
        inputs: model.inputs, targets: model.targets, batchSize: CellCase.sizes.B, state: &state)
      return losses.reduce(0, +) / Double(losses.count)
    }
    let worst = try #require(finding)
    #expect(worst.relativeError < CellTests.tolerance, "\(worst)")
  }

  @Test(arguments: cells)
  func aTextBeginsOnce(cell: CellCase) {
    let (whole, parts) = (CellModel(cell, arithmetic: Arithmetic()), CellModel(cell, arithmetic: Arithmetic()))
    for model in [whole, parts] { model.pass.resetState() }
    let losses = whole.forwardLosses(time: 0..<6)
    let first = parts.forwardLosses(time: 0..<2)
    parts.pass.carryState(time: 2)
    for (a, b) in zip(losses, first + parts.forwardLosses(time: 2..<6)) { #expect(abs(a - b) < 1e-6) }
    // Zeros would be another model.
    let zeros = CellModel(cell, arithmetic: Arithmetic())
    for slice in zeros.layout.slices where slice.name.contains(".initial_") {
      (zeros.parameters.pointer + slice.offset).update(repeating: 0, count: slice.count)
    }
    zeros.pass.resetState()
    #expect(zip(losses, zeros.forwardLosses(time: 0..<6)).contains { abs($0 - $1) > 1e-3 })
  }

  /// Each window of the backward stack begins anew.
  @Test(arguments: cells, BidirectionalTests.lengths)
  func theBackwardStackLearnsItsBeginning(cell: CellCase, time: Int) throws {
    let model = BidirectionalModel(cell, time: time)
    model.gradient.all.update(repeating: 1000)
    model.expectLossesOfTheEquations(model.forwardAndBackward())
    let worst = try #require(model.worstElement())
    #expect(worst.relativeError < BidirectionalTests.tolerance, "\(worst)")
  }

  @Test(arguments: try PyTorchBeginning.all())
  func lossesAndGradientsEqualPyTorch(expected: PyTorchBeginning) throws {
    let same = try #require(
      Self.cells.first { $0.configuration.cell == expected.cell && $0.configuration.layers == 2 })
    let model = CellModel(same, arithmetic: Arithmetic())
    #expect(Set(expected.tensors) == Set(model.layout.slices.map(\.name)))
    // The script adds 1 to an LSTM's forget bias.
    for slice in model.layout.slices {
      let number = try #require(expected.tensors.firstIndex(of: slice.name))
      var values = ReferenceValues.values(count: slice.count, tensor: number)
      if expected.cell == .lstm, slice.name.contains(".bias_ih_") {
        for row in CellCase.sizes.H..<2 * CellCase.sizes.H { values[row] += 1 }
      }
      for (i, value) in values.enumerated() { model.parameters.pointer[slice.offset + i] = Float(value) }
    }
    model.weights.prepareAll(from: model.parameters.pointer, using: .best)
    model.pass.resetState()
    let losses = model.forwardAndBackward()
    func check(_ found: [Double], _ expected: [Double], _ name: String) {
      #expect(found.count == expected.count, "\(name)")
      for (i, (a, b)) in zip(found, expected).enumerated() {
        #expect(abs(a - b) < 2e-6 + 2e-5 * abs(b), "\(name)[\(i)]: \(a), expected \(b)")
      }
    }
    check(losses.map(Double.init), expected.losses, "losses")
    for (slice, gradient) in zip(model.layout.slices, model.gradients) {
      check(gradient, try #require(expected.gradients[slice.name]), slice.name)
    }
  }

  @Test func aCellThatCarriesOnlyItsInputsHasNone() {
    let shape = ModelConfiguration(cell: .feedForward, vocabularySize: 5, learnsInitialState: true)
    #expect(
      throws: ModelError.invalidConfiguration(
        field: "initial state", expected: "zeros for the cell feed-forward, which carries nothing but what it has read",
        found: "a learned one")
    ) { try shape.validate() }
  }
}

/// The learned vectors of all layers of a stack, in the order of the state's components.
func learnedBeginning(_ values: [NamedValues], stack: String) -> [[Double]] {
  values.filter { $0.name.hasPrefix(stack + ".initial_") }.map(\.values)
}

/// A case of `initial_state.json`: a window of a model of two layers whose lanes all begin from learned vectors.
///
/// - Shape: losses [T, B].
struct PyTorchBeginning: Decodable, CustomTestStringConvertible, Sendable {
  var cell: CellKind
  /// The tensors' names in the order that gives them their numbers.
  var tensors: [String]
  var losses: [Double]
  /// The gradient of the losses' mean for each tensor, by name.
  var gradients: [String: [Double]]

  var testDescription: String { cell.rawValue }

  static func all() throws -> [PyTorchBeginning] {
    try ReferenceValues.cases(Self.self, named: "initial_state", in: .module)
  }
}
