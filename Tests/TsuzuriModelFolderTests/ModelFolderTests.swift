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

  /// A run that is gone on with would take the model for its own best weights.
  @Test func aModelThatIsWrittenEndsTheRunThatStoodThere() throws {
    let model = try LanguageModel(
      untrained: ModelConfiguration(vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 1), seed: 3)
    let tokenizer = try Tokenizer(
      vocabulary: .bytes, configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .byte)))
    try FileManager.default.createDirectory(atPath: folder.trainingPath, withIntermediateDirectories: true)
    for path in [folder.trainingPath + "/index.json", folder.logPath, folder.gradientStatisticsPath] {
      try "from an older run".write(toFile: path, atomically: true, encoding: .utf8)
    }
    try folder.write(model, tokenizer: tokenizer)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names == [".lock", "config.json", "model.safetensors", "vocabulary.txt"])
    try FileManager.default.removeItem(atPath: folder.path)
  }

  /// What the Unicode of an older system did not know is escaped in its files, and would not be now.
  @Test func aVocabularyWithMoreEscapesThanNeedBeIsTheSame() throws {
    let content = try Vocabulary(
      level: .character, counts: SegmentCounts(), options: .standard(for: .character),
      more: [
        Array("犬".utf8), Array("猫".utf8),
      ]
    ).fileContent
    let escaped = String(decoding: content, as: UTF8.self).replacing("猫", with: "\\u{732B}")
    let vocabulary = try Vocabulary(fileContent: content)
    let configuration = ModelConfiguration(
      vocabularySize: vocabulary.count, embeddingSize: 3, hiddenSize: 4, layers: 1)
    let tokenizer = try Tokenizer(vocabulary: vocabulary, configuration: TokenizerConfiguration())
    try folder.write(try LanguageModel(untrained: configuration, seed: 3), tokenizer: tokenizer)
    try escaped.write(toFile: folder.vocabularyPath, atomically: true, encoding: .utf8)
    // Sealed for the file as that system wrote it.
    var fields = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: folder.configurationPath))) as? [String: Any])
    fields["checksum"] = nil
    fields["vocabulary_fingerprint"] = "\(Fingerprint(of: Array(escaped.utf8)))"
    try JSONSerialization.data(withJSONObject: fields).write(to: URL(filePath: folder.configurationPath))
    #expect(try folder.load().tokenizer.encode("猫犬") == [258, 257])
    // Another token is found out as ever.
    try escaped.replacing("732B", with: "732C").write(
      toFile: folder.vocabularyPath, atomically: true, encoding: .utf8)
    #expect(throws: ModelFolderError.self) { try folder.load() }
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
