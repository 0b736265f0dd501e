import Foundation
import Testing
import TsuzuriModel
import TsuzuriText

@testable import TsuzuriModelFolder

struct ModelFolderTests {
  let folder = ModelFolder(NSTemporaryDirectory() + "tsuzuri-model-folder-\(UUID().uuidString)")

  @Test func aModelComesBackAsItWasWritten() throws {
    let configuration = ModelConfiguration(vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 3)
    let model = try LanguageModel(untrained: configuration, seed: 3)
    let tokenizer = try Tokenizer(
      vocabulary: .bytes, configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .byte)))
    try folder.write(model, tokenizer: tokenizer)
    let loaded = try folder.load()
    #expect(loaded.description.architecture == configuration)
    #expect(loaded.tokenizer.configuration == tokenizer.configuration)
    for slice in model.layout.slices { #expect(loaded.model.values(of: slice.name) == model.values(of: slice.name)) }
    try FileManager.default.removeItem(atPath: folder.path)
  }

  @Test func badFoldersAreNamedWithWhatIsWrong() throws {
    #expect(throws: ModelFolderError.noFolder(folder.path)) { try folder.load() }
    try folder.create()
    #expect(throws: ModelFolderError.noModel(folder.path)) { try folder.load() }
    for (text, reason) in [
      ("cat", "it is not JSON"), ("{}", "the field format_version is missing"),
      (
        #"{"format_version": 1, "architecture": {"cell": "lstn"}}"#,
        "the field architecture.cell has a value that this version does not know"
      ),
    ] {
      try text.write(toFile: folder.configurationPath, atomically: true, encoding: .utf8)
      #expect(throws: ModelFolderError.unreadableConfiguration(path: folder.configurationPath, reason: reason)) {
        try folder.load()
      }
    }
    try #"{"format_version": 7}"#.write(toFile: folder.configurationPath, atomically: true, encoding: .utf8)
    #expect(
      #expect(throws: ModelFolderError.self) { try folder.load() }?.description
        == "\(folder.configurationPath): expected format version 1, found 7. "
        + "Use the version of tsuzuri that wrote it, or train the model again.")
    try FileManager.default.removeItem(atPath: folder.path)
  }
}
