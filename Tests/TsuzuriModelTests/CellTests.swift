import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// A small model of one cell, all of whose sizes differ, with weights and states by the formula of the reference values.
struct CellCase: CustomTestStringConvertible, Sendable {
  var configuration: ModelConfiguration
  /// The layer of the model, written a second time.
  var reference: @Sendable (ReferenceTensors, LayerShape) -> any ReferenceCell

  var testDescription: String {
    let shape = configuration
    return "\(shape.cell.rawValue), \(shape.layers) layers\(shape.isResidual ? ", residual" : "")"
      + "\(shape.projectionSize.map { ", projected to \($0)" } ?? "")\(shape.normalizesGates ? ", normalised" : "")"
      + (shape.cell == .feedForward ? ", context \(shape.context)" : "")
      + (shape.learnsInitialState ? ", learned beginning" : "")
  }

  static let sizes = (V: 11, E: 5, H: 7, B: 3, T: 6)

  init(
    _ cell: CellKind, layers: Int = 2, _ change: (inout ModelConfiguration) -> Void = { _ in },
    reference: @escaping @Sendable (ReferenceTensors, LayerShape) -> any ReferenceCell
  ) {
    configuration = ModelConfiguration(
      cell: cell, vocabularySize: Self.sizes.V, embeddingSize: Self.sizes.E, hiddenSize: Self.sizes.H, layers: layers)
    change(&configuration)
    self.reference = reference
  }

  /// Every cell, and every option that changes what one computes. A new cell gets a line here.
  private static let cells: [CellCase] = [
    CellCase(.lstm) { ReferenceLSTM($0, hiddenSize: $1.hiddenSize) },
    CellCase(.lstm, layers: 1) { ReferenceLSTM($0, hiddenSize: $1.hiddenSize) },
    CellCase(.lstm1997) { ReferenceLSTM1997($0, hiddenSize: $1.hiddenSize) },
    CellCase(.lstmPeephole) { ReferencePeepholeLSTM($0, hiddenSize: $1.hiddenSize) },
    CellCase(.lstmCoupled) { ReferenceCoupledLSTM($0, hiddenSize: $1.hiddenSize) },
    CellCase(.lstm) {
      $0.projectionSize = 4
    } reference: {
      ReferenceProjectedLSTM($0, hiddenSize: $1.hiddenSize)
    },
    CellCase(.lstm) {
      $0.normalizesGates = true
    } reference: {
      ReferenceNormalizedLSTM($0, hiddenSize: $1.hiddenSize)
    },
    CellCase(.minGRU) { ReferenceMinGRU($0, hiddenSize: $1.hiddenSize) },
    CellCase(.minLSTM) { ReferenceMinLSTM($0, hiddenSize: $1.hiddenSize) },
    CellCase(.feedForward, { $0.context = 4 }, reference: feedForward),
    // More than a window has steps.
    CellCase(.feedForward, { $0.context = 9 }, reference: feedForward),
    CellCase(.gru) { ReferenceGRU($0, hiddenSize: $1.hiddenSize) },
    CellCase(.gru, layers: 1) { ReferenceGRU($0, hiddenSize: $1.hiddenSize) },
    CellCase(.gruResetBefore) { ReferenceGRU($0, hiddenSize: $1.hiddenSize, resetsBefore: true) },
    CellCase(.gruResetBefore, layers: 1) { ReferenceGRU($0, hiddenSize: $1.hiddenSize, resetsBefore: true) },
    CellCase(.rnn) { ReferenceElman($0, hiddenSize: $1.hiddenSize) },
    CellCase(.rnn, layers: 1) { ReferenceElman($0, hiddenSize: $1.hiddenSize) },
    CellCase(.rnnReLU) { ReferenceElman($0, hiddenSize: $1.hiddenSize, rectifies: true) },
    CellCase(.rnnReLU, layers: 1) { ReferenceElman($0, hiddenSize: $1.hiddenSize, rectifies: true) },
  ]

  /// Each of them, and each that has layers to skip with connections that do.
  static let all: [CellCase] = cells.flatMap { cell in
    var residual = cell
    residual.configuration.isResidual = true
    return cell.configuration.layers > 1 ? [cell, residual] : [cell]
  }

  @Sendable private static func feedForward(_ tensors: ReferenceTensors, _ shape: LayerShape) -> any ReferenceCell {
    ReferenceFeedForward(
      tensors, hiddenSize: shape.hiddenSize, context: shape.index == 0 ? shape.configuration.context : 1)
  }
}

/// Every cell against its equations, written a second time, and their central differences in Double.
struct CellTests {
  /// Float's gradient carries an error of about 1e-7; measured against the floor of 1e-3 that is 1e-4.
  static let tolerance = 1e-3

  @Test(arguments: CellCase.all, allArithmetic)
  func lossesAndFinalStateEqualTheEquations(cell: CellCase, arithmetic: Arithmetic) {
    let model = CellModel(cell, arithmetic: arithmetic)
    let found = model.forwardAndBackward()
    var state = model.startState
    let losses = model.network(model.values).losses(
      inputs: model.inputs, targets: model.targets, batchSize: CellCase.sizes.B, state: &state)
    for (a, b) in zip(found, losses) { #expect(abs(Double(a) - b) < 1e-5) }
    model.pass.carryState(time: CellCase.sizes.T)
    for (a, b) in zip(model.state, state.joined()) { #expect(abs(Double(a) - b) < 1e-5) }
  }

  @Test(arguments: CellCase.all)
  func gradientsOfParametersAndStartStateEqualCentralDifferences(cell: CellCase) throws {
    let model = CellModel(cell, arithmetic: Arithmetic())
    _ = model.forwardAndBackward()
    let starts = model.startState.enumerated().map { n, values in
      NamedValues(name: "state \(n)", shape: [values.count], values: values)
    }
    let count = model.values.count
    let finding = GradientCheck().worstElement(
      of: model.values + starts, gradients: model.gradients + model.startGradients
    ) { all in
      var place = 0
      let moved = (model.values + starts).map { tensor in
        defer { place += tensor.values.count }
        return NamedValues(
          name: tensor.name, shape: tensor.shape, values: Array(all[place..<place + tensor.values.count]))
      }
      var state = moved[count...].map(\.values)
      let losses = model.network(Array(moved[..<count])).losses(
        inputs: model.inputs, targets: model.targets, batchSize: CellCase.sizes.B, state: &state)
      return losses.reduce(0, +) / Double(losses.count)
    }
    let worst = try #require(finding)
    #expect(worst.relativeError < Self.tolerance, "\(worst)")
  }

  /// The tables of all kernels give one gradient.
  @Test(arguments: CellCase.all, allArithmetic)
  func gradientsDoNotDependOnTheKernels(cell: CellCase, arithmetic: Arithmetic) {
    let (model, best) = (CellModel(cell, arithmetic: arithmetic), CellModel(cell, arithmetic: Arithmetic()))
    _ = model.forwardAndBackward()
    _ = best.forwardAndBackward()
    for (a, b) in zip(model.gradients.joined(), best.gradients.joined()) { #expect(abs(a - b) < 2e-6 + 2e-5 * abs(b)) }
  }

  @Test(arguments: CellCase.all)
  func twoWindowsWithCarriedStateGiveTheLossesOfOne(cell: CellCase) {
    let (whole, parts) = (CellModel(cell, arithmetic: Arithmetic()), CellModel(cell, arithmetic: Arithmetic()))
    let losses = whole.forwardLosses(time: 0..<6)
    let first = parts.forwardLosses(time: 0..<2)
    parts.pass.carryState(time: 2)
    for (a, b) in zip(losses, first + parts.forwardLosses(time: 2..<6)) { #expect(abs(a - b) < 1e-6) }
    // The state matters: without carrying it the losses differ.
    let forgetful = CellModel(cell, arithmetic: Arithmetic())
    forgetful.pass.resetState()
    let without = forgetful.forwardLosses(time: 2..<6)
    #expect(zip(losses.suffix(12), without).contains { abs($0 - $1) > 1e-4 })
  }

  /// Each has its own parameters, or its own values of the same ones.
  @Test func noTwoCellsComputeTheSameFunction() {
    let cases = CellCase.all.filter { $0.configuration.layers == 2 }
    #expect(Set(cases.map(\.configuration.cell)) == Set(CellKind.allCases), "a cell is not among the cases")
    let models = cases.map { CellModel($0, arithmetic: Arithmetic()) }
    for (n, one) in models.enumerated() {
      for other in models[..<n] {
        let (a, b) = (one.forwardLosses(time: 0..<6), other.forwardLosses(time: 0..<6))
        #expect(zip(a, b).contains { abs($0 - $1) > 1e-4 }, "\(one.cell) and \(other.cell)")
      }
    }
  }
}

/// A pass of a case, and what its equations say.
final class CellModel {
  let cell: CellCase
  let pass: WindowPass
  /// All tensors.
  let values: [NamedValues]
  let inputs: [Int32]
  let targets: [Int32]
  let layout: ParameterLayout
  let parameters: FloatBuffer
  private let gradient: FloatBuffer
  let weights: PreparedWeights
  private let ids: IndexBuffer

  init(_ cell: CellCase, arithmetic: Arithmetic) {
    let (V, B, T) = (CellCase.sizes.V, CellCase.sizes.B, CellCase.sizes.T)
    self.cell = cell
    layout = ParameterLayout(cell.configuration)
    parameters = FloatBuffer(count: layout.bufferCount)
    gradient = FloatBuffer(count: layout.bufferCount)
    // Float first: both models start from the same numbers.
    values = layout.slices.enumerated().map { n, slice in
      NamedValues(
        name: slice.name, shape: slice.shape,
        values: ReferenceValues.values(count: slice.count, tensor: n).map { Double(Float($0)) })
    }
    for (slice, tensor) in zip(layout.slices, values) {
      for (i, value) in tensor.values.enumerated() { parameters.pointer[slice.offset + i] = Float(value) }
    }
    weights = PreparedWeights(cell.configuration, layout: layout, for: .training)
    weights.prepareAll(from: parameters.pointer, using: arithmetic.kernels)
    pass = WindowPass(weights, maximumTime: T, lanes: B, findsStartGradients: true, arithmetic: arithmetic)
    // Ids repeat within a lane and across lanes, and some are left out.
    inputs = (0..<T * B).map { Int32(($0 / B * ($0 / B) + 3 * ($0 % B) + $0 / B / 2) % (V - 2)) }
    targets = (0..<T * B).map { Int32((5 * ($0 / B) + 2 * ($0 % B) + 1) % V) }
    ids = IndexBuffer(count: T * B)
    ids.pointer.update(from: inputs, count: T * B)
    var state = RecurrentState(cell.configuration, lanes: B)
    state.values = startState.joined().map(Float.init)
    pass.importState(from: state, firstLane: 0)
  }

  /// The state that the window starts from: the formula, numbered after the last tensor.
  var startState: [[Double]] {
    RecurrentState(cell.configuration, lanes: 1).widths.enumerated().map { n, width in
      ReferenceValues.values(count: CellCase.sizes.B * width, tensor: layout.slices.count + n).map { Double(Float($0)) }
    }
  }

  /// The same model by its equations.
  func network(_ values: [NamedValues]) -> ReferenceNetwork {
    ReferenceNetwork(
      values, isResidual: cell.configuration.isResidual,
      cells: (0..<cell.configuration.layers).map {
        cell.reference(ReferenceTensors(values, layer: $0), LayerShape(cell.configuration, index: $0))
      })
  }

  func forwardLosses(time: Range<Int>) -> [Float] {
    var losses = [Float](repeating: 0, count: time.count * pass.lanes)
    let start = time.lowerBound * pass.lanes
    pass.forward(ids: ids.pointer + start, time: time.count, parameters: parameters.pointer)
    pass.losses(targets: Array(targets[start...]), parameters: parameters.pointer, into: &losses)
    return losses
  }

  /// The losses; the gradients of their mean are then to be had.
  func forwardAndBackward(dropout: DropoutKey? = nil) -> [Float] {
    var losses = [Float](repeating: 0, count: inputs.count)
    pass.forward(ids: ids.pointer, time: pass.maximumTime, parameters: parameters.pointer, dropout: dropout)
    pass.lossesAndGradient(
      targets: targets, scale: 1 / Float(inputs.count), parameters: parameters.pointer, losses: &losses,
      gradient: gradient.pointer)
    return losses
  }

  /// The gradient of each tensor.
  var gradients: [[Double]] {
    layout.slices.map { slice in (0..<slice.count).map { Double(gradient.pointer[slice.offset + $0]) } }
  }

  /// The gradient of each component of the start state.
  var startGradients: [[Double]] { pass.stack.layers.flatMap { $0.startGradients.map { $0.all.map(Double.init) } } }

  /// The state that the next window starts from.
  var state: [Float] {
    var state = RecurrentState(cell.configuration, lanes: pass.lanes)
    pass.exportState(to: &state, firstLane: 0)
    return state.values
  }
}
