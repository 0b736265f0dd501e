internal import Foundation
internal import Glibc
internal import TsuzuriArchive
internal import TsuzuriModel
internal import TsuzuriText

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
    do {
      try SystemIO.makeFolder(path)
    } catch {
      throw cannotCreate(error.code)
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
}
