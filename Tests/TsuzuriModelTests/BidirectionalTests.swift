import Foundation
import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// Two stacks of every cell against their equations, written a second time.
struct BidirectionalTests {
  /// Float's gradient carries an error of about 1e-7; measured against the floor of 1e-3 that is 1e-4.
  static let tolerance = 1e-3
  static let lengths = [1, 2, 6]

  @Test(arguments: CellCase.all, lengths)
  func lossesAndFinalStateEqualTheEquations(cell: CellCase, time: Int) {
    let model = BidirectionalModel(cell, time: time)
    let found = model.forwardAndBackward()
    let state = model.expectLossesOfTheEquations(found)
    // Without a gradient they are the same.
    #expect(model.losses() == found)
    model.pass.carryState(time: time)
    for (a, b) in zip(model.state, state.joined()) { #expect(abs(Double(a) - b) < 1e-5) }
  }

  @Test(arguments: CellCase.all, lengths)
  func gradientsOfTheSummedLossEqualCentralDifferences(cell: CellCase, time: Int) throws {
    let model = BidirectionalModel(cell, time: time)
    // What stood in the gradient before must not matter.
    model.gradient.all.update(repeating: 1000)
    _ = model.forwardAndBackward()
    let worst = try #require(model.worstElement())
    #expect(worst.relativeError < Self.tolerance, "\(worst)")
  }

  @Test(arguments: CellCase.all)
  func theBackwardStackBeginsEachWindowFromZeros(cell: CellCase) {
    let model = BidirectionalModel(cell, time: 6)
    let expected = model.forwardAndBackward()
    model.pass.carryState(time: 6)
    for component in model.pass.backwardEncoder.stack.stateComponents { component.all.update(repeating: 0.5) }
    model.pass.importState(from: model.start, firstLane: 0)
    #expect(model.forwardAndBackward() == expected)
  }

  /// The backward stack has one step less than the window: its penalties are means over those.
  @Test func thePenaltiesOfEachStackAreMeansOverItsOwnSteps() throws {
    let cell = try #require(CellCase.all.first)
    let plain = BidirectionalModel(cell, time: 3)
    let penalized = BidirectionalModel(
      cell, time: 3, regularization: Regularization(activationPenalty: 2, temporalPenalty: 3))
    _ = plain.forwardAndBackward()
    _ = penalized.forwardAndBackward()
    // Along the gradient g of the penalties they grow by g·g.
    let direction = zip(penalized.gradient.all, plain.gradient.all).map { $0 - $1 }
    let expected = direction.reduce(0.0) { $0 + Double($1) * Double($1) }
    let step = Float(0.01 / expected.squareRoot())
    let found =
      (penalized.penalties(along: direction, by: step) - penalized.penalties(along: direction, by: -step))
      / (2 * Double(step))
    #expect(abs(found - expected) < 0.01 * expected, "\(found), expected \(expected)")
  }

  /// Rows, looked up or multiplied, are two ways to the same gradient.
  @Test func lookupAndDirectProductAgree() throws {
    let cell = try #require(CellCase.all.first)
    let (looked, direct) = (BidirectionalModel(cell, time: 6), BidirectionalModel(cell, time: 6))
    for encoder in [direct.pass.forwardEncoder, direct.pass.backwardEncoder] { encoder.allowsLookup = false }
    _ = looked.forwardAndBackward()
    _ = direct.forwardAndBackward()
    #expect(looked.pass.forwardEncoder.embedding.usesLookup && !direct.pass.forwardEncoder.embedding.usesLookup)
    for (a, b) in zip(looked.gradient.all, direct.gradient.all) { #expect(abs(a - b) < 2e-6 + 2e-5 * abs(b)) }
  }

  /// Change the token that is predicted, and its prediction does not move, at any place of a window; change a token beside
  /// it, and it does.
  @Test(arguments: CellCase.all, [false, true])
  func noPredictionDependsOnTheTokenThatItPredicts(cell: CellCase, dropsOut: Bool) {
    let model = BidirectionalModel(cell, time: 6, dropout: dropsOut ? 0.3 : 0)
    let key = dropsOut ? DropoutKey(seed: 3, step: 2, firstLane: 1) : nil
    let V = CellCase.sizes.V
    let before = model.logits(dropout: key)
    for t in 0..<6 {
      for lane in 0..<model.lanes {
        let place = t * model.lanes + lane
        let changed = BidirectionalModel(cell, time: 6, dropout: dropsOut ? 0.3 : 0)
        changed.setTarget(t, lane: lane, to: (model.targets[place] + 4) % Int32(V))
        let after = changed.logits(dropout: key)
        // The look-up's product rounds by how many ids a window has: Float's last digit may move, and no more.
        for v in place * V..<(place + 1) * V {
          #expect(abs(after[v] - before[v]) < 1e-6 * max(1, abs(before[v])), "place \(t), lane \(lane)")
        }
        // Its neighbours see it, from the left and from the right, unless dropout hides it.
        for other in [t - 1, t + 1] where (0..<6).contains(other) && !dropsOut {
          let row = (other * model.lanes + lane) * V..<(other * model.lanes + lane + 1) * V
          #expect(after[row] != before[row], "place \(other) beside \(t), lane \(lane)")
        }
      }
    }
  }

  @Test func dropoutFallsOnBothStacksAndNotOnTheSameElements() throws {
    let model = BidirectionalModel(try #require(CellCase.all.first), time: 6, dropout: 0.5)
    let key = DropoutKey(seed: 3, step: 2, firstLane: 1)
    _ = model.logits(dropout: key)
    func kept(_ features: UnsafePointer<Float>) -> [Bool] { (0..<5 * model.lanes * 7).map { features[$0] != 0 } }
    let (forward, backward) = (kept(model.pass.forwardEncoder.features), kept(model.pass.backwardEncoder.features))
    for kept in [forward, backward] { #expect((20...85).contains(kept.count { $0 })) }
    #expect(forward != backward)
  }

  @Test func theGradientUnderDropoutEqualsDifferencesAlongRandomDirections() throws {
    let model = BidirectionalModel(try #require(CellCase.all.first), time: 6, dropout: 0.3)
    let key = DropoutKey(seed: 5, step: 3, firstLane: 2)
    _ = model.forwardAndBackward(dropout: key)
    let (gradient, start) = (Array(model.gradient.all), Array(model.parameters.all))
    for seed in 0..<10 {
      var generator = CounterBasedGenerator(seed: 11, stream: UInt64(seed))
      let direction = start.map { _ in Float(2 * generator.nextUniform() - 1) }
      func lossAt(_ distance: Float) -> Double {
        for i in start.indices { model.parameters.pointer[i] = start[i] + distance * direction[i] }
        model.weights.prepareAll(from: model.parameters.pointer, using: .best)
        let losses = model.forwardAndBackward(dropout: key)
        return losses.joined().reduce(0) { $0 + Double($1) } / Double(model.targets.count)
      }
      let difference = (lossAt(1e-2) - lossAt(-1e-2)) / 2e-2
      let expected = zip(gradient, direction).reduce(0) { $0 + Double($1.0 * $1.1) }
      #expect(abs(difference - expected) < 5e-3 + 1e-2 * abs(expected), "direction \(seed)")
    }
  }

  /// Generation and `forward_perplexity` rest on it: the forward stack alone is the model that has the forward loss.
  @Test func theForwardStackAloneIsALanguageModel() throws {
    for cell in CellCase.all {
      let model = BidirectionalModel(cell, time: 6)
      let losses = model.losses()[1]
      let pass = WindowPass(model.weights, maximumTime: 6, lanes: model.lanes)
      pass.importState(from: model.start, firstLane: 0)
      var alone = [Float](repeating: 0, count: losses.count)
      pass.forward(ids: model.ids.pointer, time: 6, parameters: model.parameters.pointer)
      pass.losses(targets: model.targets, parameters: model.parameters.pointer, into: &alone)
      for (a, b) in zip(alone, losses) { #expect(abs(a - b) < 1e-6) }
    }
  }
}

/// A bidirectional pass of a case, and what its equations say.
final class BidirectionalModel {
  let cell: CellCase
  let lanes = CellCase.sizes.B
  let pass: BidirectionalPass
  let values: [NamedValues]
  let inputs: [Int32]
  private(set) var targets: [Int32]
  let weights: PreparedWeights
  let parameters, gradient: FloatBuffer
  let ids: IndexBuffer
  private let following: IndexBuffer
  private let layout: ParameterLayout
  private let configuration: ModelConfiguration

  init(_ cell: CellCase, time: Int, dropout: Float = 0, regularization: Regularization = Regularization()) {
    let (V, B) = (CellCase.sizes.V, CellCase.sizes.B)
    self.cell = cell
    var configuration = cell.configuration
    configuration.isBidirectional = true
    configuration.dropout = dropout
    configuration.regularization = regularization
    self.configuration = configuration
    let layout = ParameterLayout(configuration)
    self.layout = layout
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
    weights = PreparedWeights(configuration, layout: layout, for: .training)
    weights.prepareAll(from: parameters.pointer, using: .best)
    pass = BidirectionalPass(weights, maximumTime: time, lanes: B, findsStartGradients: true)
    // Each lane is a text: what follows an input is the next one.
    func token(_ t: Int, _ lane: Int) -> Int32 { Int32((t * t + 3 * lane + t / 2) % (V - 2)) }
    inputs = (0..<time * B).map { token($0 / B, $0 % B) }
    targets = (0..<time * B).map { token($0 / B + 1, $0 % B) }
    ids = IndexBuffer(count: time * B)
    following = IndexBuffer(count: time * B)
    ids.pointer.update(from: inputs, count: time * B)
    following.pointer.update(from: targets, count: time * B)
    pass.importState(from: start, firstLane: 0)
  }

  /// The state that the forward stack's window starts from: the formula, numbered after the last tensor.
  var startState: [[Double]] {
    RecurrentState(configuration, lanes: 1).widths.enumerated().map { n, width in
      ReferenceValues.values(count: lanes * width, tensor: layout.slices.count + n).map { Double(Float($0)) }
    }
  }

  var start: RecurrentState {
    var state = RecurrentState(configuration, lanes: lanes)
    state.values = startState.joined().map(Float.init)
    return state
  }

  /// The state that the next window starts from.
  var state: [Float] {
    var state = RecurrentState(configuration, lanes: lanes)
    pass.exportState(to: &state, firstLane: 0)
    return state.values
  }

  /// Puts another token behind input `t`, which is the next input, too.
  func setTarget(_ t: Int, lane: Int, to id: Int32) {
    targets[t * lanes + lane] = id
    following.pointer[t * lanes + lane] = id
    if (t + 1) * lanes + lane < ids.count { ids.pointer[(t + 1) * lanes + lane] = id }
  }

  /// The same model by its equations.
  func network(_ values: [NamedValues]) -> ReferenceBidirectionalNetwork {
    let stacks = configuration.stacks.map { stack in
      (0..<configuration.layers).map {
        cell.reference(ReferenceTensors(values, stack: stack, layer: $0), LayerShape(configuration, index: $0))
      }
    }
    return ReferenceBidirectionalNetwork(
      values, isResidual: configuration.isResidual, forwardCells: stacks[0], backwardCells: stacks[1],
      backwardStart: configuration.learnsInitialState ? learnedBeginning(values, stack: configuration.stacks[1]) : nil)
  }

  private var time: Int { inputs.count / lanes }

  private func forward(_ dropout: DropoutKey?) {
    pass.forward(
      inputs: ids.pointer, following: following.pointer, time: time, parameters: parameters.pointer, dropout: dropout)
  }

  func logits(dropout: DropoutKey? = nil) -> [Float] {
    forward(dropout)
    var logits = [Float](repeating: 0, count: inputs.count * CellCase.sizes.V)
    pass.logits(parameters: parameters.pointer, into: &logits)
    return logits
  }

  /// The joint, the forward and the backward losses.
  func losses() -> [[Float]] {
    forward(nil)
    var joint = [Float](repeating: 0, count: inputs.count)
    pass.losses(targets: targets, parameters: parameters.pointer, into: &joint)
    return [joint, Array(pass.forwardLosses.all), Array(pass.backwardLosses.all)]
  }

  /// The same; the gradient of the mean of their sum is then to be had.
  func forwardAndBackward(dropout: DropoutKey? = nil) -> [[Float]] {
    forward(dropout)
    var joint = [Float](repeating: 0, count: inputs.count)
    pass.lossesAndGradient(
      targets: targets, scale: 1 / Float(inputs.count), parameters: parameters.pointer, losses: &joint,
      gradient: gradient.pointer)
    return [joint, Array(pass.forwardLosses.all), Array(pass.backwardLosses.all)]
  }

  /// What AR and TAR add with the parameters moved by so much of `direction`: means over what each stack gives.
  func penalties(along direction: [Float], by step: Float) -> Double {
    let unmoved = Array(parameters.all)
    for i in direction.indices { parameters.pointer[i] += step * direction[i] }
    weights.prepareAll(from: parameters.pointer, using: .best)
    defer {
      for i in direction.indices { parameters.pointer[i] = unmoved[i] }
      weights.prepareAll(from: parameters.pointer, using: .best)
    }
    forward(nil)
    let width = lanes * configuration.outputSize
    let rules = configuration.regularization
    return [(pass.forwardEncoder, time), (pass.backwardEncoder, time - 1)].reduce(0.0) { sum, stack in
      let features = (0..<stack.1 * width).map { Double(stack.0.features[$0]) }
      let squares = features.reduce(0.0) { $0 + $1 * $1 }
      let changes = zip(features.dropFirst(width), features).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      return sum + Double(rules.activationPenalty) * squares / Double(features.count)
        + Double(rules.temporalPenalty) * changes / Double(features.count - width)
    }
  }

  /// Compares the joint, the forward and the backward losses with those of the equations; returns the state behind them.
  @discardableResult
  func expectLossesOfTheEquations(_ found: [[Float]]) -> [[Double]] {
    var state = startState
    let expected = network(values).losses(inputs: inputs, targets: targets, batchSize: lanes, state: &state)
    for (found, expected) in zip(found, [expected.joint, expected.forward, expected.backward]) {
      #expect(found.count == expected.count)
      for (a, b) in zip(found, expected) { #expect(abs(Double(a) - b) < 1e-5) }
    }
    return state
  }

  /// The worst gradient of all parameters and of the forward stack's start state.
  func worstElement() -> GradientCheck.Finding? {
    let starts = startState.enumerated().map { n, values in
      NamedValues(name: "state \(n)", shape: [values.count], values: values)
    }
    let found =
      layout.slices.map { slice in (0..<slice.count).map { Double(gradient.pointer[slice.offset + $0]) } }
      + pass.forwardEncoder.stack.layers.flatMap { $0.startGradients.map { $0.all.map(Double.init) } }
    return GradientCheck().worstElement(of: values + starts, gradients: found) { all in
      var place = 0
      let moved = (values + starts).map { tensor in
        defer { place += tensor.values.count }
        return NamedValues(
          name: tensor.name, shape: tensor.shape, values: Array(all[place..<place + tensor.values.count]))
      }
      var state = moved[values.count...].map(\.values)
      return network(Array(moved[..<values.count])).losses(
        inputs: inputs, targets: targets, batchSize: lanes, state: &state
      ).minimised
    }
  }
}
