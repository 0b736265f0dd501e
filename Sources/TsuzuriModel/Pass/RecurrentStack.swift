internal import TsuzuriKernels

/// The recurrent layers of one direction on each other, with dropout after each, and with connections that skip layers
/// where the model is residual.
///
///     u_1 = drop(layer_0(x))
///     u_{k+1} = drop(layer_k(u_k)) + u_k       residual; without, drop(layer_k(u_k)) alone
///
/// The first layer's input has another width, so nothing skips that one. The sum stands behind the dropout: what a layer
/// adds is dropped once, where it leaves that layer, and what only passes by is not dropped again (Vaswani et al. 2017,
/// section 5.4). The way of the sums through the stack is the identity, for values and for errors.
///
/// - Shape: first layer's sums [T, B, rows of weight_ih]; output [T, B, output size].
///
/// Source: residual connections, He et al. 2016; between recurrent layers, Wu et al. 2016, equation 6.
final class RecurrentStack {
  let layers: [any RecurrentLayer]
  let projections: [InputProjection]
  let lanes: Int
  private let profile: StepProfile?
  private let outputSize: Int
  /// How many values of each component of the state all lanes carry.
  let stateCounts: [Int]
  /// At k after layer k; nil where nothing is dropped.
  private let dropouts: [Dropout?]
  /// What each component of each layer's state is where a lane begins.
  private let beginnings: [[StateBeginning]]
  private let penalty: ActivationPenalty?
  /// u_{k+1} [T·B, output size] where it may be another than layer k's output; empty where not.
  private let given: [FloatBuffer]
  private let isResidual: Bool
  /// The gradient of u_{k+1}, kept for u_k [T·B, output size]; empty where nothing skips a layer.
  private let skipped: FloatBuffer
  private let kernels: KernelSet
  private var dropsOut = false

  /// - Parameters:
  ///   - number: which of the model's stacks.
  ///   - findsStartGradients: see ``LayerPlace/findsStartGradients``.
  ///   - resets: see ``LayerPlace/resets``.
  init(
    _ number: Int, weights: PreparedWeights, maximumTime: Int, lanes: Int, findsStartGradients: Bool,
    resets: LaneResets? = nil, arithmetic: Arithmetic
  ) {
    let configuration = weights.configuration
    let trains = weights.purpose == .training
    let name = configuration.stacks[number]
    let indices = 0..<configuration.layers
    self.lanes = lanes
    profile = arithmetic.profile
    outputSize = configuration.outputSize
    let beginnings = indices.map { index in
      let shape = LayerShape(configuration, index: index)
      return configuration.layerType.stateWidths(shape).enumerated().map { n, width in
        StateBeginning(
          width: width, lanes: lanes, resets: resets,
          slice: configuration.learnsInitialState
            ? weights.layout[ParameterName.recurrent(name, StateBeginning.roles[n], index)] : nil,
          trains: trains, kernels: arithmetic.kernels)
      }
    }
    self.beginnings = beginnings
    layers = indices.map { index in
      let place = LayerPlace(
        shape: LayerShape(configuration, index: index), stack: name, layout: weights.layout, maximumTime: maximumTime,
        lanes: lanes, trains: trains, findsStartGradients: findsStartGradients || configuration.learnsInitialState,
        resets: resets, beginnings: beginnings[index], arithmetic: arithmetic)
      return configuration.layerType.init(place, weights: weights.stacks[number][index])
    }
    projections = indices.map {
      InputProjection(
        weights.layout[ParameterName.recurrent(name, "weight_ih", $0)], packed: weights.stacks[number][$0].input.first,
        arithmetic: arithmetic)
    }
    stateCounts = RecurrentState(configuration, lanes: 1).widths.map { $0 * lanes }
    let rows = maximumTime * lanes
    dropouts = indices.map {
      let probability = configuration.dropout(afterLayer: $0)
      if !trains || probability == 0 { return nil }
      return Dropout(
        probability: probability, isVariational: configuration.regularization.isVariational,
        site: number * (configuration.layers + 1) + $0 + 1, width: configuration.outputSize, maximumRows: rows,
        kernels: arithmetic.kernels)
    }
    penalty = trains ? ActivationPenalty(configuration, lanes: lanes) : nil
    isResidual = configuration.isResidual
    let count = rows * configuration.outputSize
    let dropouts = dropouts
    given = indices.map { FloatBuffer(count: dropouts[$0] != nil || (configuration.isResidual && $0 > 0) ? count : 0) }
    skipped = FloatBuffer(count: trains && configuration.isResidual && configuration.layers > 1 ? count : 0)
    kernels = arithmetic.kernels
  }

  /// Where the first layer's products are put before ``forward(time:parameters:dropout:)``; after the backward pass, their
  /// gradient.
  var sums: UnsafeMutablePointer<Float> { layers[0].sums }

  /// What the stack gives, after dropout and sums [T, B, output size].
  var output: UnsafeMutablePointer<Float> { featuresBelow(layers.count) }

  /// u_k: the input of layer `k`, or of what stands on the stack.
  private func featuresBelow(_ k: Int) -> UnsafeMutablePointer<Float> {
    drops(k - 1) || skips(k - 1) ? given[k - 1].pointer : layers[k - 1].output
  }

  /// Whether something of what layer `k` gives was dropped in the last forward pass.
  private func drops(_ k: Int) -> Bool { dropsOut && dropouts[k] != nil }

  /// Whether the input of layer `k` is added to its output.
  private func skips(_ k: Int) -> Bool { isResidual && k > 0 }

  /// Runs the window through all layers.
  func forward(time: Int, parameters: UnsafePointer<Float>, dropout: DropoutKey?) {
    dropsOut = dropout != nil
    for (k, layer) in layers.enumerated() {
      if k > 0 {
        projections[k].forward(featuresBelow(k), rows: time * lanes, parameters: parameters, sums: layer.sums)
      }
      profile?.enter(.gates)
      for beginning in beginnings[k] { beginning.begin(parameters) }
      layer.forward(time: time, parameters: parameters)
      if let dropout, let place = dropouts[k] {
        profile?.enter(.dropout)
        place.forward(layer.output, into: given[k].pointer, time: time, lanes: lanes, key: dropout)
      }
      guard skips(k) else { continue }
      profile?.enter(.residual)
      let count = time * lanes * outputSize
      if !drops(k) { given[k].pointer.update(from: layer.output, count: count) }
      kernels.add(featuresBelow(k), to: given[k].pointer, count: count)
    }
  }

  /// Runs the window backwards through all layers, and leaves the gradient of the first layer's products in ``sums``.
  ///
  /// - Parameters:
  ///   - scale: what each place's loss counts in the mean that is minimised.
  ///   - outputGradient: [T, B, output size]; it is used up: what a layer has taken makes room for what it hands down.
  func backward(
    time: Int, scale: Float, outputGradient: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>,
    gradient: WindowGradient
  ) {
    let above = outputGradient
    let rows = time * lanes
    for k in layers.indices.reversed() {
      let layer = layers[k]
      // It is of what leaves the stack, so what was added to the layer's output has its part of it.
      if k == layers.count - 1 { penalty?.addActivation(to: above, of: output, time: time, scale: scale) }
      // The layer's own way back changes what stands in `above`.
      if skips(k) {
        profile?.enter(.residualBackward)
        skipped.pointer.update(from: above, count: rows * outputSize)
      }
      if drops(k) {
        profile?.enter(.dropoutBackward)
        dropouts[k]?.backward(above, rows: rows)
      }
      if k == layers.count - 1 { penalty?.addTemporal(to: above, of: layer.output, time: time, scale: scale) }
      profile?.enter(.gatesBackward)
      for beginning in beginnings[k] { beginning.beginBackward() }
      layer.backward(time: time, outputGradient: above, parameters: parameters, gradient: gradient)
      for beginning in beginnings[k] { beginning.writeGradient(into: gradient) }
      if k == 0 { return }
      projections[k].backward(
        featuresBelow(k), rows: rows, sumsGradient: layer.sums, parameters: parameters, gradient: gradient,
        inputGradient: above)
      if skips(k) {
        profile?.enter(.residualBackward)
        kernels.add(skipped.pointer, to: above, count: rows * outputSize)
      }
    }
  }
}
