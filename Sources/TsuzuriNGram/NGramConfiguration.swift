public import TsuzuriText

/// The shape of an n-gram model.
public struct NGramConfiguration: Codable, Sendable, Hashable {
  /// The orders that a model can have.
  public static let orders = 1...7

  /// N: how many tokens the longest n-gram has; the context is one less.
  public var order: Int
  /// V, the number of token ids.
  public var vocabularySize: Int
  /// What no n-gram reaches beyond.
  public var document: DocumentUnit
  /// The tokens behind which the context is `<eos>` alone, in ascending order.
  public var resets: [Int32]

  /// A shape. `DocumentUnit.resets(in:)` says which tokens end a document.
  public init(order: Int, vocabularySize: Int, document: DocumentUnit = .text, resets: [Int32] = [0]) {
    self.order = order
    self.vocabularySize = vocabularySize
    self.document = document
    self.resets = resets
  }

  private enum CodingKeys: String, CodingKey {
    case order, document, resets
    case vocabularySize = "vocabulary_size"
  }

  /// Checks that a model can have this shape.
  ///
  /// - Throws: ``NGramError/invalidConfiguration(name:expected:found:)``.
  public func validate() throws(NGramError) {
    guard Self.orders.contains(order) else {
      throw .invalidConfiguration(
        name: "order", expected: "from \(Self.orders.lowerBound) to \(Self.orders.upperBound)", found: "\(order)")
    }
    guard vocabularySize > 0, vocabularySize <= Int(Int32.max) else {
      throw .invalidConfiguration(
        name: "vocabulary_size", expected: "from 1 to \(Int32.max)", found: "\(vocabularySize)")
    }
    for id in resets where id < 0 || Int(id) >= vocabularySize {
      throw .invalidConfiguration(name: "resets", expected: "ids below \(vocabularySize)", found: "\(id)")
    }
  }
}
