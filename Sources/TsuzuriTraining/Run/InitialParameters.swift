internal import TsuzuriKernels
internal import TsuzuriModel

extension TrainingText {
  /// The parameters before the first step: another model's, or drawn as the configuration says.
  func initialParameters(
    _ model: ModelConfiguration, configuration: TrainingConfiguration, initialModel: LanguageModel?
  ) throws -> FloatBuffer {
    let layout = ParameterLayout(model)
    let parameters = FloatBuffer(count: layout.bufferCount)
    if let initialModel {
      precondition(initialModel.configuration == model, "the initial model has another configuration")
      parameters.pointer.update(from: initialModel.parameters.pointer, count: parameters.count)
      return parameters
    }
    switch configuration.initialWeights {
    case .standard:
      ParameterInitialization.fill(
        parameters.pointer, layout: layout, configuration: model, seed: configuration.seed)
      ParameterInitialization.setOutputBias(
        parameters.pointer, layout: layout, configuration: model,
        counts: try tokenCounts(vocabularySize: model.vocabularySize))
    case .uniform(let bound):
      for (index, slice) in layout.slices.enumerated() {
        let values = UnsafeMutableBufferPointer(rebasing: parameters.all[slice.offset..<slice.offset + slice.count])
        // A gain multiplies what has been normalised: near 0 it would undo that.
        if slice.name.contains(".gain_") {
          values.update(repeating: 1)
          continue
        }
        // A beginning that is learned starts from zeros, which every text begins with otherwise.
        if slice.name.contains(".initial_") { continue }
        // Each tensor draws from a stream of its own, as the standard weights do.
        var generator = CounterBasedGenerator(seed: configuration.seed, stream: UInt64(index) + 1)
        for i in values.indices { values[i] = Float((2 * generator.nextUniform() - 1) * bound) }
      }
    }
    return parameters
  }
}
