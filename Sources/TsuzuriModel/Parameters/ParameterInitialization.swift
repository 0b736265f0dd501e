internal import Foundation
internal import TsuzuriKernels

/// The values that training starts from.
package enum ParameterInitialization {
  /// Fills a flat buffer.
  ///
  /// Every matrix is uniform in ±b, every gain 1, every bias zero, except that of the forget gate, which starts at 1 so that a
  /// fresh memory cell remembers. The bounds are chosen so that each layer's sums W_ih·x differ clearly from token to token: a
  /// model of characters that starts with sums near zero stands still at the letters' frequencies for hundreds of steps.
  ///
  /// | matrix | b | why |
  /// |---|---|---|
  /// | embedding | 3 | a variance of 3 |
  /// | W_ih of layer 0 | √(3 / E) | keeps that variance |
  /// | W_ih above | 6 / √H | an LSTM's output has a variance of about a tenth |
  /// | … of a GRU | 4 / √H | its output has a larger one |
  /// | … of a plain network | 2 / √H | and its, a larger one still |
  /// | … of cells without recurrent product | 3 / √H | theirs has a third of its sums' variance, 3 |
  /// | … of a feed-forward layer 0 | √(3 / (N·E)) | all N products stand in one sum |
  /// | W_hh | 1 / √H | PyTorch's bound |
  /// | W_hr of a projection | √(3 / H) | the variance of h |
  /// | output | √(3 / H) | logits of the variance of h |
  ///
  /// A tied embedding is an output matrix first and takes that one's bound; W_ih of layer 0 then makes up for it.
  ///
  /// Source: forget bias, Gers, Schmidhuber & Cummins 2000 and Jozefowicz, Zaremba & Sutskever 2015.
  package static func fill(
    _ parameters: UnsafeMutablePointer<Float>, layout: ParameterLayout, configuration: ModelConfiguration, seed: UInt64
  ) {
    let starts = layerStarts(configuration)
    for (index, slice) in layout.slices.enumerated() {
      let values = UnsafeMutableBufferPointer(start: parameters + slice.offset, count: slice.count)
      switch starts[slice.name] ?? start(slice, configuration) {
      case .uniform(let bound): draw(into: values, within: bound, seed: seed, tensor: index)
      case .blocks(let blocks):
        let length = values.count / blocks.count
        for i in values.indices { values[i] = blocks[i / length] }
      }
    }
  }

  /// Fills a flat buffer of zeros with numbers that are uniform in ±`bound` of each tensor's name, biases included; so no
  /// forget gate begins open.
  package static func fill(
    _ parameters: UnsafeMutablePointer<Float>, layout: ParameterLayout, seed: UInt64, bound: (String) -> Double
  ) {
    for (index, slice) in layout.slices.enumerated() {
      let values = UnsafeMutableBufferPointer(start: parameters + slice.offset, count: slice.count)
      // A gain multiplies what has been normalised: near 0 it would undo that.
      if slice.name.contains(".gain_") {
        values.update(repeating: 1)
        continue
      }
      // A beginning that is learned starts from zeros, which every text begins with otherwise.
      if slice.name.contains(".initial_") { continue }
      draw(into: values, within: bound(slice.name), seed: seed, tensor: index)
    }
  }

  /// Each tensor draws from a stream of its own, so that adding one changes no other.
  private static func draw(
    into values: UnsafeMutableBufferPointer<Float>, within bound: Double, seed: UInt64, tensor: Int
  ) {
    var generator = CounterBasedGenerator(seed: seed, stream: UInt64(tensor) + 1)
    for i in values.indices { values[i] = Float((2 * generator.nextUniform() - 1) * bound) }
  }

  /// Sets the output's bias to the logarithm of how often each token occurs, so that the first step already knows the
  /// frequencies. A token that does not occur counts as a tenth of one: an optimizer whose steps have a fixed length would
  /// take thousands of them to make 256 unused byte tokens as unlikely as they are.
  ///
  ///     bias_v = log((count_v + 0.1) / (Σ counts + 0.1·V))
  ///
  /// The head of an adaptive softmax has one for each of its tokens and for each cluster together.
  package static func setOutputBias(
    _ parameters: UnsafeMutablePointer<Float>, layout: ParameterLayout, configuration: ModelConfiguration,
    counts: [Int]
  ) {
    let bias = parameters + layout[ParameterName.outputBias(configuration)].offset
    let total = Double(counts.reduce(0, +)) + 0.1 * Double(counts.count)
    var shares = counts.map { Double($0) + 0.1 }
    if let clusters = configuration.adaptiveClusters {
      let sums = (0..<clusters.count).map { shares[clusters.tokens(of: $0)].reduce(0, +) }
      shares = shares.prefix(clusters.shortListSize) + sums
    }
    for (id, share) in shares.enumerated() { bias[id] = Float(log(share / total)) }
  }

  /// What the recurrent layers' tensors start from, by name.
  private static func layerStarts(_ configuration: ModelConfiguration) -> [String: LayerTensor.Start] {
    var starts: [String: LayerTensor.Start] = [:]
    for stack in configuration.stacks {
      for layer in 0..<configuration.layers {
        for tensor in configuration.layerType.tensors(LayerShape(configuration, index: layer)) {
          let isWidened = configuration.tiesEmbeddings && layer == 0 && tensor.role == "weight_ih"
          starts[ParameterName.recurrent(stack, tensor.role, layer)] =
            isWidened ? tensor.start.widened(by: (3 * Double(configuration.embeddingSize)).squareRoot()) : tensor.start
        }
      }
    }
    return starts
  }

  private static func start(_ slice: ParameterLayout.Slice, _ configuration: ModelConfiguration) -> LayerTensor.Start {
    guard slice.shape.count == 2 else { return .blocks([0]) }
    let isWide = slice.name == ParameterName.embedding && !configuration.tiesEmbeddings
    return .uniform(isWide ? 3 : (3 / Double(slice.shape[1])).squareRoot())
  }
}

extension LayerTensor.Start {
  /// The same with a bound that many times as wide.
  fileprivate func widened(by factor: Double) -> Self {
    guard case .uniform(let bound) = self else { return self }
    return .uniform(bound * factor)
  }
}
