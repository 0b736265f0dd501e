import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// A weight that is no number is found in any tensor, at either end of it, and told of by its tensor's name.
struct NonFiniteWeightsTests {
  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func eachTensorIsLookedThrough(value: Float) throws {
    let folder = try TestFolder()
    let shape = ModelConfiguration(vocabularySize: 7, embeddingSize: 3, hiddenSize: 5, layers: 2)
    let layout = ParameterLayout(shape)
    for slice in layout.slices {
      for index in [0, slice.count - 1] {
        let model = try LanguageModel(untrained: shape)
        model.parameters.pointer[slice.offset + index] = value
        let path = folder["model.safetensors"]
        try model.writeWeights(to: path)
        let error = #expect(throws: ModelError.self) { _ = try LanguageModel(weightsAt: path, configuration: shape) }
        #expect(error == .nonFiniteWeights(file: path, name: slice.name))
      }
    }
    #expect(
      ModelError.nonFiniteWeights(file: "m", name: "output.weight").description
        == "m: the tensor output.weight holds a value that is not a finite number. "
        + "Train the model again, or use an earlier copy.")
  }
}
