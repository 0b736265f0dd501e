import Tsuzuri

extension Settings {
  /// Makes a corpus into tokens as the options on text, vocabulary and validation want it, shows how that goes, and tells
  /// what came of it.
  ///
  /// - Parameter cacheFolder: where the tokens stay for the next run; nil keeps none.
  func tokenized(
    _ corpus: [String], cacheFolder: String?, threads: Int, _ screen: Screen
  ) throws -> TokenizedCorpus {
    let configuration = try tokenizerConfiguration()
    let progress = CorpusProgress(screen, isKept: cacheFolder != nil)
    let tokenizer = try CorpusTokenizer(
      configuration: configuration, vocabulary: vocabularySource(for: configuration.level), threads: threads,
      cacheFolder: cacheFolder, onEvent: progress.show)
    let tokenized = try tokenizer.tokenize(CorpusListing.sources(at: corpus), validation: validationSource())
    screen.clear()
    let validation = tokenized.validation.map { ", \(Figures.count($0.range.count)) to validate" } ?? ""
    screen.tell(
      "\(Figures.count(tokenized.trainingRange.count)) tokens to train\(validation); "
        + "\(Figures.count(tokenized.vocabulary.count)) in the vocabulary (\(tokenized.vocabulary.contents))")
    return tokenized
  }
}
