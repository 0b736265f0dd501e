import Testing
import _TestSupport

@testable import TsuzuriModel

/// How large an 8-bit model's file is beside that of the whole one.
struct QuantizedSizeTests {
  @Test(arguments: [
    ModelConfiguration(vocabularySize: 65, embeddingSize: 512, hiddenSize: 512, layers: 2),
    ModelConfiguration(vocabularySize: 10_000, embeddingSize: 650, hiddenSize: 650, layers: 2),
    ModelConfiguration(vocabularySize: 20_000, embeddingSize: 256, hiddenSize: 256, layers: 1),
    ModelConfiguration(vocabularySize: 65, embeddingSize: 128, hiddenSize: 128, layers: 2),
  ])
  func theFileHasAtMost27HundredthsOfTheSize(configuration: ModelConfiguration) throws {
    let model = try LanguageModel(untrained: configuration)
    let folder = try TestFolder()
    try model.quantized().writeWeights(to: folder["model.safetensors"])
    // The numbers alone, without the file's header.
    let whole = Double(4 * model.parameterCount)
    #expect(Double(try folder.bytes("model.safetensors").count) <= 0.27 * whole)
  }
}
