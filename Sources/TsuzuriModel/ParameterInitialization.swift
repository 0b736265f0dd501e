internal import TsuzuriKernels

/// The values that training starts from.
package enum ParameterInitialization {
  /// Fills a flat buffer.
  ///
  /// Embeddings are normal with variance 1, as PyTorch has them: at a tenth of that a model of characters stands still at
  /// the letters' frequencies for hundreds of steps. Every other matrix is uniform in ±1/√(its columns), the scale at which a sum of
  /// products keeps the variance of its inputs below one; biases are zero, except the forget gate's, which starts at 1
  /// so that a fresh memory cell remembers.
  ///
  /// Each tensor draws from a stream of its own, so that adding one changes no other.
  ///
  /// Source: forget bias, Gers, Schmidhuber & Cummins 2000 and Jozefowicz, Zaremba & Sutskever 2015.
  package static func fill(
    _ parameters: UnsafeMutablePointer<Float>, layout: ParameterLayout, configuration: ModelConfiguration, seed: UInt64
  ) {
    for (index, slice) in layout.slices.enumerated() {
      let values = UnsafeMutableBufferPointer(start: parameters + slice.offset, count: slice.count)
      guard slice.shape.count == 2 else {
        values.update(repeating: 0)
        continue
      }
      var generator = CounterBasedGenerator(seed: seed, stream: UInt64(index) + 1)
      let bound = slice.name == ParameterName.embedding ? 0.1 : 1 / Double(slice.shape[1]).squareRoot()
      for i in values.indices { values[i] = Float((2 * generator.nextUniform() - 1) * bound) }
    }
    guard let forget = configuration.cell.gateOrder.firstIndex(of: "f") else { return }
    for layer in 0..<configuration.layers {
      let bias = parameters + layout[ParameterName.inputBias(layer)].offset + forget * configuration.hiddenSize
      bias.update(repeating: 1, count: configuration.hiddenSize)
    }
  }
}
