import TsuzuriData
import TsuzuriModel
import TsuzuriModelFolder
import TsuzuriText
import TsuzuriTraining

/// A run of one step over nine tokens, and what it leaves in a folder.
enum OneStep {
  static func train(hiddenSize: Int, in folder: String) throws {
    let tokenizer = try Tokenizer(
      vocabulary: Vocabulary(kind: .closed, texts: [[97], [98]]),
      configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .whitespace), icuVersion: "72.1"))
    let trainer = try Trainer(
      text: TrainingText(tokens: TokenArray([0, 2, 3, 2, 3, 0, 2, 3, 3])),
      model: ModelConfiguration(vocabularySize: 4, embeddingSize: 2, hiddenSize: hiddenSize, layers: 1),
      configuration: TrainingConfiguration(
        batchSize: 2, sequenceLength: 2, epochs: 1, maximumSteps: 1, checkpointInterval: .steps(1)),
      destination: .init(
        folder: ModelFolder(folder), tokenizer: tokenizer, record: TrainingRecord(corpus: ["a"], validation: "0")),
      threads: 1)
    _ = try trainer.run()
    trainer.close()
  }
}
