// Trains on a folder of files, tells how it goes, and keeps the model in a folder of its own. Stopped and run again, it
// goes on where it was.
import Tsuzuri

let folder = ModelFolder("harbour-model")
let corpus = try CorpusTokenizer(
  configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .word, locale: "en")),
  vocabulary: .built(VocabularyOptions(size: 4000)), threads: Trainer.availableProcessors
).tokenize(CorpusListing.sources(at: ["corpora/en"]), validation: .fraction(0.1))

let trainer = try Trainer(
  text: TrainingText(corpus),
  model: ModelConfiguration(vocabularySize: corpus.vocabulary.count, embeddingSize: 64, hiddenSize: 64, layers: 1),
  configuration: TrainingConfiguration(batchSize: 16, sequenceLength: 32, epochs: 2),
  destination: Trainer.Destination(
    folder: folder, tokenizer: corpus.tokenizer, record: TrainingRecord(corpus: ["corpora/en"], validation: "0.1")),
  resumes: true, threads: Trainer.availableProcessors)

let result = try trainer.run { event in
  if case .validated(let report, let isBest) = event {
    let mark = isBest ? "the best so far" : "no better than before"
    print("epoch \(report.epoch): \(report.validationLoss ?? .nan) nats a word on text it has not read, \(mark)")
  }
}
print("\(result.tokens) tokens in \(result.seconds) seconds")
