internal import Foundation
internal import TsuzuriArchive
public import TsuzuriText

/// Which kind of model a folder holds.
public enum ModelKind: String, Codable, Sendable, Hashable {
  /// A recurrent network, as `tsuzuri train` makes it.
  case recurrent
  /// An n-gram model, as `tsuzuri ngram train` makes it.
  case ngram
}

extension ModelFolder {
  /// Which kind of model the folder holds.
  ///
  /// - Throws: ``ModelFolderError``.
  public func readKind() throws -> ModelKind { try readContent().kind }

  /// Reads from `config.json` how text becomes tokens, whatever kind of model it is.
  ///
  /// - Throws: ``ModelFolderError``.
  public func readTokenizerConfiguration() throws -> TokenizerConfiguration {
    try decode(Tokenization.self, from: readContent().data).tokenizer
  }

  /// Reads `config.json`, which must be that of a model of the kind `kind`.
  ///
  /// - Throws: ``ModelFolderError``.
  package func readConfiguration<Configuration: Decodable>(
    _: Configuration.Type, of kind: ModelKind
  ) throws -> Configuration {
    let content = try readContent()
    guard content.kind == kind else { throw ModelFolderError.otherKind(path: path, found: content.kind) }
    return try decode(Configuration.self, from: content.data)
  }

  /// Writes `config.json`, sealed by a checksum and with the fingerprint of the model's vocabulary; what stood there before
  /// is replaced as a whole.
  ///
  /// - Parameter vocabulary: the one in memory. The fingerprint of a file would call its damage right.
  package func writeConfiguration(_ configuration: some Encodable, vocabulary: Vocabulary?) throws {
    let seal = Seal(checksum: SealedJSON.placeholder, vocabulary_fingerprint: vocabulary?.fingerprint)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    var content = [UInt8](try encoder.encode(Sealed(configuration: configuration, seal: seal))) + [0x0A]
    SealedJSON.seal(&content)
    try AtomicFile.replace(configurationPath, with: content, followingLinks: false)
  }

  /// Whether `vocabulary.txt` is there and holds this vocabulary.
  package func holds(_ vocabulary: Vocabulary) -> Bool {
    (try? Vocabulary(contentsOf: vocabularyPath))?.fingerprint == vocabulary.fingerprint
  }

  /// Reads the vocabulary, which must be the one that `config.json` speaks of.
  ///
  /// - Throws: ``ModelFolderError``, `VocabularyError`, each naming the file.
  package func readVocabulary(count: Int) throws -> Vocabulary {
    let vocabulary = try Vocabulary(contentsOf: vocabularyPath)
    guard vocabulary.count == count else {
      throw ModelFolderError.vocabularyMismatch(path: vocabularyPath, expected: count, found: vocabulary.count)
    }
    let expected = try decode(Seal.self, from: readContent().data).vocabulary_fingerprint
    if let expected, expected != vocabulary.fingerprint,
      try expected != Vocabulary.fingerprint(ofFileAt: vocabularyPath)
    {
      throw ModelFolderError.otherVocabulary(
        path: vocabularyPath, expected: "\(expected)", found: "\(vocabulary.fingerprint)")
    }
    return vocabulary
  }

  /// A tokenizer of the vocabulary by the rules in `config.json`.
  ///
  /// - Throws: ``ModelFolderError`` where the two do not fit, or ICU does not know the locale.
  package func tokenizer(_ vocabulary: Vocabulary, _ configuration: TokenizerConfiguration) throws -> Tokenizer {
    try asConfiguration {
      // ICU is asked only when a text is cut; a name that it does not know is better told of here.
      if configuration.level == .word || configuration.level == .character {
        _ = try Segmenter(configuration.segmentation)
      }
      return try Tokenizer(vocabulary: vocabulary, configuration: configuration)
    }
  }

  /// Runs `body`; what it finds wrong is wrong with `config.json`.
  package func asConfiguration<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch {
      throw ModelFolderError.unreadableConfiguration(path: configurationPath, reason: Self.withoutStop("\(error)"))
    }
  }

  private func readContent() throws -> (data: Data, kind: ModelKind) {
    guard Self.isFolder(path) else { throw ModelFolderError.noFolder(path) }
    guard FileManager.default.fileExists(atPath: configurationPath) else { throw ModelFolderError.noModel(path) }
    let content = try FileContents.read(configurationPath, limit: Self.largestConfiguration)
    if let length = SealedJSON.longString(in: content) {
      throw ModelFolderError.unreadableConfiguration(
        path: configurationPath, reason: "it holds a text of \(length) bytes, and \(SealedJSON.stringLimit) is the most"
      )
    }
    let data = Data(content)
    let version = try decode(FormatVersion.self, from: data).format_version
    guard version == ModelDescription.currentFormatVersion else {
      throw ModelFolderError.otherFormat(path: configurationPath, found: version)
    }
    if case .other(let expected, let found) = SealedJSON.check(content) {
      throw ModelFolderError.damagedConfiguration(path: configurationPath, expected: expected, found: found)
    }
    return (data, try decode(Kind.self, from: data).kind ?? .recurrent)
  }

  /// The largest `config.json` that is read, in bytes; a real one has a few thousand.
  private static let largestConfiguration = 1 << 20

  private func decode<Value: Decodable>(_: Value.Type, from data: Data) throws -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: data)
    } catch let error as DecodingError {
      throw ModelFolderError.unreadableConfiguration(path: configurationPath, reason: error.plainDescription)
    }
  }
}

/// The one field that is read before all others.
private struct FormatVersion: Decodable {
  var format_version: Int
}

/// The field that is read next; a folder without it holds a network.
private struct Kind: Decodable {
  var kind: ModelKind?
}

/// What tells a damaged folder from a whole one: beside what the configuration itself says.
private struct Seal: Codable {
  var checksum: String?
  var vocabulary_fingerprint: Fingerprint?
}

private struct Sealed<Configuration: Encodable>: Encodable {
  var configuration: Configuration
  var seal: Seal

  func encode(to encoder: any Encoder) throws {
    try configuration.encode(to: encoder)
    try seal.encode(to: encoder)
  }
}

/// What the configurations of all kinds have.
private struct Tokenization: Decodable {
  var tokenizer: TokenizerConfiguration
}

extension DecodingError {
  /// One line without the decoder's own wording of types.
  fileprivate var plainDescription: String {
    // Names in maps are the file's own: they are shortened, and none of their characters drives a terminal.
    func place(_ path: [any CodingKey]) -> String {
      path.map(\.stringValue).joined(separator: ".").shownPlain
    }
    return switch self {
    case .keyNotFound(let key, let context):
      "the field \(place(context.codingPath + [key])) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "the field \(place(context.codingPath)) has another type than expected"
    case .dataCorrupted(let context):
      context.codingPath.isEmpty
        ? "it is not JSON" : "the field \(place(context.codingPath)) has a value that this version does not know"
    @unknown default: "it cannot be understood"
    }
  }
}
