internal import Foundation
internal import SwiftProtobuf
internal import TsuzuriArchive
internal import TsuzuriModel
public import TsuzuriModelFolder
internal import TsuzuriText

/// A language model as an ONNX file: a graph of standard operators that any ONNX runtime computes.
///
/// | | name | type | shape |
/// |---|---|---|---|
/// | in | `input_ids` | int64 | [batch, time] |
/// | in | `state_h`; for LSTMs also `state_c` | float | [layers, batch, H] |
/// | out | `logits` | float | [batch, time, V] |
/// | out | `new_state_h`; for LSTMs also `new_state_c` | float | [layers, batch, H] |
///
/// Batch and time are chosen by each call. A text begins with id 0 and a state of zeros; what comes out as the new state
/// goes in with the next tokens. `logits` at t are those of the token that follows the t-th.
///
/// The file's metadata have the vocabulary (the text of `vocabulary.txt`) and how a text becomes tokens.
///
/// Source: onnx.ai/onnx/intro; operator set 17.
public struct ONNXExport {
  /// The set of operators that the graph is written in.
  public static let operatorSetVersion = 17
  /// The version of the file format, the first that knows that set.
  static let formatVersion = 8
  /// The most bytes that a message of protocol buffers may have.
  static let largestFile = Int(Int32.max)

  /// The file.
  let file: ONNXModel
  private let weightBytes: Int

  /// Makes the graph.
  ///
  /// - Parameters:
  ///   - model: the model, with its tokenizer.
  ///   - version: the version of the program that writes, for the file's metadata.
  /// - Throws: ``ExchangeError/noOperator(format:model:reason:advice:)`` for a model that ONNX has no operators for.
  public init(_ model: TextModel, version: String = "") throws(ExchangeError) {
    let configuration = model.model.configuration
    var file = ONNXModel()
    file.irVersion = Int64(Self.formatVersion)
    file.producerName = "tsuzuri"
    file.producerVersion = version
    file.docString = "A language model: token ids and a state in, the next token's logits and the new state out."
    var operators = ONNXOperatorSet()
    operators.domain = ""
    operators.version = Int64(Self.operatorSetVersion)
    file.opsetImport = [operators]
    file.graph = try ONNXLanguageModelGraph(model.model).graph
    let tokenizer = model.tokenizer.configuration
    file.metadataProps = [
      ("cell", configuration.cell.rawValue), ("level", tokenizer.level.rawValue),
      ("locale", tokenizer.segmentation.locale), ("normalization", tokenizer.text.normalization.rawValue),
      ("icu", tokenizer.icuVersion), ("document", configuration.resetTokens.isEmpty ? "text" : "line"),
      ("vocabulary", String(decoding: model.tokenizer.vocabulary.fileContent, as: UTF8.self)),
    ].map { key, value in
      var property = ONNXProperty()
      property.key = key
      property.value = value
      return property
    }
    self.file = file
    weightBytes = file.graph.initializer.reduce(0) { $0 + $1.rawData.count }
  }

  /// Writes the file, which replaces what stood at `path` when it is complete.
  ///
  /// - Throws: ``ExchangeError/tooLarge(path:bytes:limit:)``, `ArchiveError.unwritable`.
  public func write(to path: String) throws {
    guard weightBytes < Self.largestFile - (1 << 24) else {
      throw ExchangeError.tooLarge(path: path, bytes: weightBytes, limit: Self.largestFile)
    }
    let bytes: [UInt8] = try file.serializedBytes()
    try AtomicFile.replace(path, with: bytes)
  }
}
