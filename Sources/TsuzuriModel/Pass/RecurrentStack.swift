internal import TsuzuriKernels

/// The recurrent layers of one direction on each other, with dropout after each.
///
/// - Shape: first layer's sums [T, B, rows of weight_ih]; output [T, B, output size].
final class RecurrentStack {
  let layers: [any RecurrentLayer]
  let projections: [InputProjection]
  private let lanes: Int
  private let outputSize: Int
  /// How many values of each component of the state all lanes carry.
  private let stateCounts: [Int]
  /// At k after layer k; empty without dropout.
  private let dropouts: [Dropout]
  /// The dropped outputs of layer k [T·B, output size]; empty without dropout.
  private let dropped: [FloatBuffer]
  private var dropsOut = false

  /// - Parameters:
  ///   - number: which of the model's stacks.
  ///   - findsStartGradients: see ``LayerPlace/findsStartGradients``.
  init(
    _ number: Int, weights: PreparedWeights, maximumTime: Int, lanes: Int, findsStartGradients: Bool,
    arithmetic: Arithmetic
  ) {
    let configuration = weights.configuration
    let trains = weights.purpose == .training
    let name = configuration.stacks[number]
    let indices = 0..<configuration.layers
    self.lanes = lanes
    outputSize = configuration.outputSize
    layers = indices.map { index in
      let place = LayerPlace(
        shape: LayerShape(configuration, index: index), stack: name, layout: weights.layout, maximumTime: maximumTime,
        lanes: lanes, trains: trains, findsStartGradients: findsStartGradients, arithmetic: arithmetic)
      return configuration.layerType.init(place, weights: weights.stacks[number][index])
    }
    projections = indices.map {
      InputProjection(
        weights.layout[ParameterName.recurrent(name, "weight_ih", $0)], packed: weights.stacks[number][$0].input.first,
        arithmetic: arithmetic)
    }
    stateCounts = RecurrentState(configuration, lanes: 1).widths.map { $0 * lanes }
    let rows = maximumTime * lanes
    let hasDropout = trains && configuration.dropout > 0
    dropouts =
      hasDropout
      ? indices.map {
        Dropout(
          probability: configuration.dropout, site: number * (configuration.layers + 1) + $0 + 1,
          width: configuration.outputSize,
          maximumRows: rows, kernels: arithmetic.kernels)
      } : []
    dropped = hasDropout ? indices.map { _ in FloatBuffer(count: rows * configuration.outputSize) } : []
  }

  /// Where the first layer's products are put before ``forward(time:parameters:dropout:)``; after the backward pass, their
  /// gradient.
  var sums: UnsafeMutablePointer<Float> { layers[0].sums }

  /// What the stack gives, after dropout [T, B, output size].
  var output: UnsafeMutablePointer<Float> { featuresBelow(layers.count) }

  /// The input of layer `k`, or of what stands on the stack: the layer below, after dropout.
  private func featuresBelow(_ k: Int) -> UnsafeMutablePointer<Float> {
    dropsOut ? dropped[k - 1].pointer : layers[k - 1].output
  }

  /// Runs the window through all layers.
  func forward(time: Int, parameters: UnsafePointer<Float>, dropout: DropoutKey?) {
    dropsOut = dropout != nil && !dropouts.isEmpty
    for (k, layer) in layers.enumerated() {
      if k > 0 {
        projections[k].forward(featuresBelow(k), rows: time * lanes, parameters: parameters, sums: layer.sums)
      }
      layer.forward(time: time, parameters: parameters)
      if dropsOut, let dropout {
        dropouts[k].forward(layer.output, into: dropped[k].pointer, time: time, lanes: lanes, key: dropout)
      }
    }
  }

  /// Runs the window backwards through all layers, and leaves the gradient of the first layer's products in ``sums``.
  ///
  /// - Parameters:
  ///   - outputGradient: [T, B, output size]; it is used up.
  ///   - spare: room for as much.
  func backward(
    time: Int, outputGradient: UnsafeMutablePointer<Float>, spare: UnsafeMutablePointer<Float>,
    parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>
  ) {
    var (above, below) = (outputGradient, spare)
    let rows = time * lanes
    for (k, layer) in layers.enumerated().reversed() {
      if dropsOut { dropouts[k].backward(above, rows: rows) }
      layer.backward(time: time, outputGradient: above, parameters: parameters, gradient: gradient)
      if k == 0 { return }
      projections[k].backward(
        featuresBelow(k), rows: rows, sumsGradient: layer.sums, parameters: parameters, gradient: gradient,
        inputGradient: below)
      swap(&above, &below)
    }
  }

  /// All layers' components of the state, numbered through as in ``RecurrentState``.
  var stateComponents: [FloatBuffer] { layers.flatMap(\.stateComponents) }

  /// Makes the state after the last window the one that the next window starts from.
  func carryState(time: Int) {
    var n = 0
    for layer in layers {
      for component in layer.stateComponents {
        component.pointer.update(from: component.pointer + time * stateCounts[n], count: stateCounts[n])
        n += 1
      }
    }
  }

  /// Sets the state that the next window starts from to zero.
  func resetState() {
    for (component, count) in zip(stateComponents, stateCounts) { component.pointer.update(repeating: 0, count: count) }
  }
}
