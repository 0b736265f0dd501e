public import TsuzuriGeneration

/// An n-gram model in use: the contexts of some sequences that run side by side, fed one token at a time.
public final class NGramSession: NextTokenModel {
  /// The model.
  public let model: NGramModel
  private var contexts: [NGramContext]
  private let memory: UnsafeMutableBufferPointer<Float>

  /// A session that was fed nothing yet.
  public init(model: NGramModel, sequences: Int = 1) {
    precondition(sequences > 0, "a session of \(sequences) sequences was asked for")
    self.model = model
    contexts = [NGramContext](repeating: NGramContext(), count: sequences)
    memory = .allocate(capacity: sequences * model.configuration.vocabularySize)
    memory.initialize(repeating: 0)
    writeLogits()
  }

  deinit { memory.deallocate() }

  /// The number of tokens, V.
  public var vocabularySize: Int { model.configuration.vocabularySize }

  /// How many sequences run side by side.
  public var sequences: Int { contexts.count }

  /// ln p of the next tokens, after what was fed last.
  ///
  /// - Shape: [sequences, V].
  public var logits: UnsafeBufferPointer<Float> { UnsafeBufferPointer(memory) }

  /// Feeds one token to each sequence.
  ///
  /// - Throws: ``NGramError/tokenOutOfRange(id:vocabularySize:)``; then nothing was fed.
  public func feed(_ ids: [Int32]) throws {
    precondition(ids.count == sequences, "\(ids.count) tokens were fed to \(sequences) sequences")
    for id in ids { try model.check(id) }
    for index in contexts.indices { try model.advance(&contexts[index], by: ids[index]) }
    writeLogits()
  }

  /// Feeds the same tokens, one after the other, to every sequence.
  ///
  /// - Throws: as ``feed(_:)``.
  public func feedPrompt(_ ids: [Int32]) throws {
    for id in ids { try model.check(id) }
    for index in contexts.indices { for id in ids { try model.advance(&contexts[index], by: id) } }
    writeLogits()
  }

  private func writeLogits() {
    for (index, context) in contexts.enumerated() {
      let row = memory[index * vocabularySize..<(index + 1) * vocabularySize]
      model.logProbabilities(after: context, into: UnsafeMutableBufferPointer(rebasing: row))
    }
  }
}
