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

  /// Writes `config.json`; what stood there before is replaced as a whole.
  package func writeConfiguration(_ configuration: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    var data = try encoder.encode(configuration)
    data.append(0x0A)
    try AtomicFile.replace(configurationPath, with: [UInt8](data))
  }

  private func readContent() throws -> (data: Data, kind: ModelKind) {
    guard Self.isFolder(path) else { throw ModelFolderError.noFolder(path) }
    guard let data = FileManager.default.contents(atPath: configurationPath) else {
      throw ModelFolderError.noModel(path)
    }
    let version = try decode(FormatVersion.self, from: data).format_version
    guard version == ModelDescription.currentFormatVersion else {
      throw ModelFolderError.otherFormat(path: configurationPath, found: version)
    }
    return (data, try decode(Kind.self, from: data).kind ?? .recurrent)
  }

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

/// What the configurations of all kinds have.
private struct Tokenization: Decodable {
  var tokenizer: TokenizerConfiguration
}

extension DecodingError {
  /// One line without the decoder's own wording of types.
  fileprivate var plainDescription: String {
    func place(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
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
