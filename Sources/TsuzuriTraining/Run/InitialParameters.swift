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
      try Self.check(initialModel, fits: model)
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

  /// Dropout and what else is training's alone may differ.
  private static func check(_ initialModel: LanguageModel, fits model: ModelConfiguration) throws(ModelError) {
    func refuse(_ expected: String, _ found: String) throws(ModelError) -> Never {
      throw ModelError.invalidConfiguration(field: "initial weights", expected: expected, found: found)
    }
    if initialModel.isQuantized {
      try refuse("numbers of single precision", "8-bit integers, too coarse to be trained on")
    }
    let layout = ParameterLayout(initialModel.configuration)
    guard initialModel.configuration.cell == model.cell, layout.slices == ParameterLayout(model).slices else {
      try refuse("those of a model of the same cell and sizes", "those of another")
    }
  }
}
