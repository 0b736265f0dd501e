import Foundation
import Testing
import TsuzuriData
import TsuzuriKernels
import TsuzuriModel
import _TestSupport

@testable import TsuzuriTraining

/// Training of a model whose documents are lines, against steps that are taken with each line by itself.
struct LineTrainingTests {
  @Test(arguments: [(1, 1), (1, 2), (2, 1), (2, 2)], [false, true])
  func stepsAreThoseOfLinesByThemselves(split: (shares: Int, threads: Int), learnsInitialState: Bool) throws {
    let (shares, threads) = split
    var model = ModelConfiguration(
      vocabularySize: 11, embeddingSize: 5, hiddenSize: 7, layers: 2, learnsInitialState: learnsInitialState)
    let plain = model
    model.resetTokens = [3]
    let layout = ParameterLayout(model)
    // Two lanes of 24 tokens, whose lines end anywhere; window after window of 6.
    let tokens: [Int32] = (0..<49).map { [3, 7].contains($0 % 11) ? 3 : Int32($0 * $0 % 7 + 4) }
    let (lanes, window, rate) = (2, 6, 0.5)
    let start = try LanguageModel(untrained: plain, seed: 3).parameters
    let parameters = FloatBuffer(count: layout.bufferCount)
    parameters.pointer.update(from: start.pointer, count: start.count)
    let step = TrainingStep(
      model,
      training: TrainingConfiguration(
        batchSize: lanes, sequenceLength: window, optimizer: .sgd(SGD.Options()), clipping: GradientClipping(),
        shares: shares), parameters: parameters, pool: WorkerPool(threads: threads))
    let batcher = try LaneBatcher(tokens: TokenArray(tokens), lanes: lanes, window: window)

    // By hand: each piece of a line in a pass of its own, with the weights of the moment.
    var values = Array(start.all)
    var states = (0..<lanes).map { _ in RecurrentState(plain, lanes: 1) }
    for number in 0..<batcher.stepCount {
      let outcome = try step.run(batcher, window: number, step: number, learningRate: rate)
      var gradient = [Double](repeating: 0, count: values.count)
      var loss = 0.0
      for lane in 0..<lanes {
        let first = lane * 24 + number * window
        var from = first
        for place in first...first + window where place > first && (place == first + window || tokens[place] == 3) {
          let beginsAnew = tokens[from] == 3
          let inputs = [beginsAnew ? 0 : tokens[from]] + tokens[from + 1..<place]
          let piece = run(
            plain, values, inputs: inputs, targets: Array(tokens[from + 1...place]),
            state: beginsAnew ? RecurrentState(plain, lanes: 1) : states[lane])
          loss += piece.loss
          for (i, value) in piece.gradient.enumerated() { gradient[i] += Double(value) }
          if place == first + window { states[lane] = piece.state }
          from = place
        }
      }
      let count = Double(lanes * window)
      #expect(abs(outcome.loss - loss / count) < 2e-6, "step \(number)")
      for i in values.indices { values[i] -= Float(rate * gradient[i] / count) }
      for (a, b) in zip(parameters.all, values) { #expect(abs(a - b) < 2e-5) }
    }
  }

  /// One piece of a line: the sum of its losses, their gradient, and the state behind it.
  private func run(
    _ configuration: ModelConfiguration, _ values: [Float], inputs: [Int32], targets: [Int32], state: RecurrentState
  ) -> (loss: Double, gradient: [Float], state: RecurrentState) {
    let layout = ParameterLayout(configuration)
    let (parameters, gradient) = (FloatBuffer(count: values.count), FloatBuffer(count: values.count))
    for (i, value) in values.enumerated() { parameters.pointer[i] = value }
    let weights = PreparedWeights(configuration, layout: layout, for: .training)
    weights.prepareAll(from: parameters.pointer, using: .best)
    let pass = WindowPass(weights, maximumTime: inputs.count, lanes: 1)
    pass.importState(from: state, firstLane: 0)
    let (ids, following) = (IndexBuffer(count: inputs.count), IndexBuffer(count: inputs.count))
    let losses = FloatBuffer(count: inputs.count)
    for t in inputs.indices { (ids.pointer[t], following.pointer[t]) = (inputs[t], targets[t]) }
    pass.forward(ids: ids.pointer, time: inputs.count, parameters: parameters.pointer)
    pass.lossesAndGradient(
      targets: following.pointer, scale: 1, parameters: parameters.pointer, losses: losses.pointer,
      gradient: gradient.pointer)
    pass.carryState(time: inputs.count)
    var end = RecurrentState(configuration, lanes: 1)
    pass.exportState(to: &end, firstLane: 0)
    return (losses.all.reduce(0) { $0 + Double($1) }, Array(gradient.all), end)
  }
}
