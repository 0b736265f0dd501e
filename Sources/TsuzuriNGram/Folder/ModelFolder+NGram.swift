public import TsuzuriModelFolder
internal import TsuzuriText

extension ModelFolder {
  /// Reads an n-gram model; its file stays mapped into memory.
  ///
  /// - Throws: `ModelFolderError`, `VocabularyError`, `ArchiveError` or ``NGramError``, each naming the file.
  /// - Complexity: O(file): all of it is checked.
  public func loadNGram() throws -> NGramTextModel {
    let description = try readNGramDescription()
    let vocabulary = try readVocabulary(count: description.model.vocabularySize)
    let tokenizer = try tokenizer(vocabulary, description.tokenizer)
    return NGramTextModel(
      model: try NGramModel(contentsOf: weightsPath, configuration: description.model), tokenizer: tokenizer,
      description: description)
  }

  /// Reads an n-gram model's `config.json` alone.
  ///
  /// - Throws: `ModelFolderError`.
  public func readNGramDescription() throws -> NGramDescription {
    let description = try readConfiguration(NGramDescription.self, of: .ngram)
    try asConfiguration { try description.model.validate() }
    return description
  }

  /// Writes an n-gram model. What the folder holds of another model is replaced, its log and its training state taken
  /// away.
  ///
  /// - Throws: `ModelFolderError`, `VocabularyError` or `ArchiveError`, each naming the file.
  public func write(_ model: NGramTextModel) throws {
    try rewrite(removing: leftByTraining) { folder in
      try model.tokenizer.vocabulary.write(to: folder.vocabularyPath, followingLinks: false)
      try model.model.write(to: folder.weightsPath, followingLinks: false)
      try folder.writeConfiguration(model.description, vocabulary: model.tokenizer.vocabulary)
    }
  }
}
