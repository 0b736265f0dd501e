public import TsuzuriGeneration

/// An n-gram model in use: the contexts of some sequences that run side by side, fed one token at a time.
public final class NGramSession: BranchingModel {
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

  /// Lets one sequence begin anew and feeds it the tokens; the others stay where they are.
  ///
  /// - Throws: as ``feed(_:)``.
  public func begin(_ sequence: Int, with ids: [Int32]) throws {
    for id in ids { try model.check(id) }
    contexts[sequence] = NGramContext()
    for id in ids { try model.advance(&contexts[sequence], by: id) }
    writeLogits(of: sequence)
  }

  /// Lets sequence n go on from where sequence `sources[n]` is.
  public func branch(from sources: [Int]) {
    precondition(sources.count == sequences, "\(sources.count) sources were given to \(sequences) sequences")
    if sources.elementsEqual(0..<sequences) { return }
    contexts = sources.map { contexts[$0] }
    writeLogits()
  }

  private func writeLogits() {
    for index in contexts.indices { writeLogits(of: index) }
  }

  private func writeLogits(of index: Int) {
    let row = memory[index * vocabularySize..<(index + 1) * vocabularySize]
    model.logProbabilities(after: contexts[index], into: UnsafeMutableBufferPointer(rebasing: row))
  }
}
