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
      ParameterInitialization.fill(parameters.pointer, layout: layout, seed: configuration.seed) { _ in bound }
    case .awdLSTM:
      let ends = Set([ParameterName.embedding] + ParameterName.outputs(model))
      ParameterInitialization.fill(parameters.pointer, layout: layout, seed: configuration.seed) { name in
        if name == ParameterName.outputBias(model) { return 0 }
        return ends.contains(name) ? 0.1 : 1 / Double(model.hiddenSize).squareRoot()
      }
    }
    return parameters
  }
}
