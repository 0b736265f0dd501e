internal import Foundation
internal import TsuzuriArchive
public import TsuzuriModel
public import TsuzuriText

extension ModelFolder {
  /// Writes a model that was not trained here, or copies one, in the place of what stands in the folder. What an older
  /// model's training has left goes: its log, and the state that it could be gone on with.
  ///
  /// - Throws: `ArchiveError.folderInUse` while a run writes there; ``ModelFolderError``, `VocabularyError` or `ArchiveError`,
  ///   each naming the file.
  public func write(_ model: LanguageModel, tokenizer: Tokenizer, training: TrainingRecord? = nil) throws {
    try check(model.configuration, fits: tokenizer)
    try rewrite(removing: leftByTraining) { try $0.writeFiles(model, tokenizer, training) }
  }

  /// Checks that a model can be read again with that tokenizer.
  ///
  /// - Throws: ``ModelFolderError/otherTokenizer(path:expected:found:)``.
  package func check(_ model: ModelConfiguration, fits tokenizer: Tokenizer) throws {
    guard model.vocabularySize == tokenizer.vocabulary.count else {
      throw ModelFolderError.otherTokenizer(
        path: path, expected: model.vocabularySize, found: tokenizer.vocabulary.count)
    }
  }

  /// What tells of an older model's training and is not replaced by another model's files.
  package var leftByTraining: [String] { [logPath, trainingPath, gradientStatisticsPath] }

  /// Where a model is written until it is whole; nothing reads it.
  private var replacement: ModelFolder { ModelFolder(path + "/.replacement") }

  /// Removes what a crash left of a model that was to take this one's place.
  package func removeReplacement() throws { try Self.removeAll(at: replacement.path) }

  /// Removes a file, or a folder with all that is in it, if it is there.
  ///
  /// - Throws: `ArchiveError.unwritable`.
  private static func removeAll(at path: String) throws {
    guard isFolder(path) else { return try AtomicFile.remove(path) }
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw ArchiveError.unwritable(
        path: path, reason: withoutStop(error.localizedDescription), advice: "Remove the folder yourself.")
    }
  }

  /// Has `files` write a model into the folder that it is given, and puts it in the place of what this folder holds, while
  /// nobody else writes here. What cannot be written leaves the older model as it was.
  ///
  /// Then `config.json` goes first and comes last: without it the folder holds no model, and never the parts of two.
  package func rewrite(removing olderFiles: [String], _ files: (ModelFolder) throws -> Void) throws {
    try make(path)
    let lock = try FolderLock(path)
    defer { lock.release() }
    try removeReplacement()
    try make(replacement.path)
    defer { try? removeReplacement() }
    do {
      try files(replacement)
    } catch let error as ArchiveError {
      throw error.renamed(from: replacement.path, to: path)
    }
    for old in [configurationPath] + olderFiles { try Self.removeAll(at: old) }
    for file in [\ModelFolder.vocabularyPath, \.weightsPath, \.configurationPath] {
      try AtomicFile.move(replacement[keyPath: file], to: self[keyPath: file])
    }
  }

  func writeFiles(_ model: LanguageModel, _ tokenizer: Tokenizer, _ training: TrainingRecord?) throws {
    try tokenizer.vocabulary.write(to: vocabularyPath, followingLinks: false)
    try model.writeWeights(to: weightsPath, followingLinks: false)
    try writeConfiguration(
      ModelDescription(
        architecture: model.configuration, quantization: model.isQuantized ? .int8 : nil,
        tokenizer: tokenizer.configuration, training: training), vocabulary: tokenizer.vocabulary)
  }

  /// Writes a text model, as ``write(_:tokenizer:training:)`` does. What ``load()`` gives back is the same model.
  ///
  /// - Throws: ``ModelFolderError``, `VocabularyError` or `ArchiveError`, each naming the file.
  public func write(_ model: TextModel) throws {
    try write(model.model, tokenizer: model.tokenizer, training: model.description.training)
  }
}
