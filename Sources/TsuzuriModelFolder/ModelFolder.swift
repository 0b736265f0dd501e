internal import Foundation
internal import Glibc
internal import TsuzuriArchive
public import TsuzuriModel
public import TsuzuriText

/// A folder that holds a model and everything that belongs to it.
///
///     config.json         architecture, tokenizer, ICU version, how it was trained
///     model.safetensors   the best weights by validation loss
///     vocabulary.txt      one token a line; line number = id
///     log.jsonl           one JSON object a report
///     training/           what going on needs
///     gradient-statistics.safetensors   what dynamic evaluation needs
public struct ModelFolder: Sendable, Hashable {
  /// The folder's path.
  public let path: String

  /// Names a folder, which need not exist.
  public init(_ path: String) { self.path = path }

  /// `config.json`.
  public var configurationPath: String { path + "/config.json" }
  /// `model.safetensors`.
  public var weightsPath: String { path + "/model.safetensors" }
  /// `vocabulary.txt`.
  public var vocabularyPath: String { path + "/vocabulary.txt" }
  /// `gradient-statistics.safetensors`.
  public var gradientStatisticsPath: String { path + "/gradient-statistics.safetensors" }
  /// `log.jsonl`.
  public var logPath: String { path + "/log.jsonl" }
  /// `training`.
  public var trainingPath: String { path + "/training" }

  /// Whether there is a folder of this name.
  public var exists: Bool { Self.isFolder(path) }

  /// Whether something of a model stands there already.
  public var holdsModel: Bool {
    [configurationPath, weightsPath, vocabularyPath, logPath, trainingPath].contains {
      FileManager.default.fileExists(atPath: $0)
    }
  }

  /// Reads `config.json` alone.
  ///
  /// - Throws: ``ModelFolderError``.
  public func readDescription() throws -> ModelDescription {
    let description = try readConfiguration(ModelDescription.self, of: .recurrent)
    try asConfiguration { try description.architecture.validate() }
    return description
  }

  /// Reads the whole model.
  ///
  /// - Throws: ``ModelFolderError``, `VocabularyError`, `ArchiveError` or `ModelError`, each naming the file.
  public func load() throws -> TextModel {
    let description = try readDescription()
    let vocabulary = try readVocabulary(count: description.architecture.vocabularySize)
    let tokenizer = try tokenizer(vocabulary, description.tokenizer)
    let model = try LanguageModel(weightsAt: weightsPath, configuration: description.architecture)
    guard model.isQuantized == (description.quantization != nil) else {
      throw ModelFolderError.otherWeights(path: weightsPath, areQuantized: model.isQuantized)
    }
    return TextModel(model: model, tokenizer: tokenizer, description: description)
  }

  /// Makes the folder, and those above it, where they are missing.
  ///
  /// - Throws: ``ModelFolderError/cannotCreate(path:reason:)``.
  public func create() throws {
    try make(trainingPath)
    // What a link leads to may be another run's, of which our lock does not know.
    var information = stat()
    if lstat(trainingPath, &information) == 0, information.st_mode & S_IFMT == S_IFLNK {
      throw ModelFolderError.cannotCreate(path: trainingPath, reason: "It is a link")
    }
  }

  /// Makes the folder of that path, this one or one beside it, and those above it.
  package func make(_ path: String) throws {
    var folder = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      folder += part
      if mkdir(folder, 0o777) != 0 {
        let code = errno
        guard Self.isFolder(folder) else { throw cannotCreate(code == EEXIST ? ENOTDIR : code) }
      }
      folder += "/"
    }
  }

  /// Checks that the folder is there or could be made, and makes nothing: for a look before long work.
  ///
  /// - Throws: ``ModelFolderError/cannotCreate(path:reason:)``.
  public func checkCanBeCreated() throws {
    var nearest = path
    while access(nearest, F_OK) != 0, errno == ENOENT, !nearest.isEmpty, nearest != "/", nearest != "." {
      nearest = AtomicFile.folder(of: nearest)
    }
    guard access(nearest, F_OK) == 0 else { throw cannotCreate(errno) }
    guard Self.isFolder(nearest) else { throw cannotCreate(ENOTDIR) }
    guard access(nearest, W_OK | X_OK) == 0 else { throw cannotCreate(errno) }
  }

  private func cannotCreate(_ code: Int32) -> ModelFolderError {
    .cannotCreate(path: path, reason: SystemError(code: code).reason)
  }

  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// A sentence as a part of another one.
  package static func withoutStop(_ sentence: String) -> String {
    sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
  }

  /// Writes `config.json` beside the vocabulary that stands there; what stood there before is replaced as a whole.
  public func write(_ description: ModelDescription) throws {
    let hasVocabulary = FileManager.default.fileExists(atPath: vocabularyPath)
    try writeConfiguration(description, vocabulary: hasVocabulary ? try Vocabulary(contentsOf: vocabularyPath) : nil)
  }

  /// Writes a model that was not trained here, or copies one: all but the log and the training state.
  ///
  /// - Throws: `ArchiveError.folderInUse` while a run writes there; ``ModelFolderError``, `VocabularyError` or `ArchiveError`,
  ///   each naming the file.
  public func write(_ model: LanguageModel, tokenizer: Tokenizer, training: TrainingRecord? = nil) throws {
    try rewrite(removing: [gradientStatisticsPath]) { try $0.writeFiles(model, tokenizer, training) }
  }

  /// Writes a model in the place of what stands in the folder, its log and its training state included.
  ///
  /// - Throws: as ``write(_:tokenizer:training:)``.
  public func replace(with model: LanguageModel, tokenizer: Tokenizer) throws {
    try rewrite(removing: leftByTraining) { try $0.writeFiles(model, tokenizer, nil) }
  }

  /// What tells of an older model's training and is not replaced by another model's files.
  package var leftByTraining: [String] { [logPath, trainingPath, gradientStatisticsPath] }

  /// Where a model is written until it is whole; nothing reads it.
  private var replacement: ModelFolder { ModelFolder(path + "/.replacement") }

  /// Removes what a crash left of a model that was to take this one's place.
  package func removeReplacement() throws {
    if FileManager.default.fileExists(atPath: replacement.path) {
      try FileManager.default.removeItem(atPath: replacement.path)
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
    for old in [configurationPath] + olderFiles where FileManager.default.fileExists(atPath: old) {
      try FileManager.default.removeItem(atPath: old)
    }
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

  /// Writes a text model: all but the log and the training state. What ``load()`` gives back is the same model.
  ///
  /// - Throws: ``ModelFolderError``, `VocabularyError` or `ArchiveError`, each naming the file.
  public func write(_ model: TextModel) throws {
    try write(model.model, tokenizer: model.tokenizer, training: model.description.training)
  }
}
