public import TsuzuriModel

/// What generation needs of a model: logits for the next token of some sequences that run side by side.
///
/// `InferenceSession` is one; tests put fake models with known distributions in its place.
public protocol NextTokenModel: AnyObject {
  /// The number of tokens, V.
  var vocabularySize: Int { get }
  /// How many sequences run side by side.
  var sequences: Int { get }
  /// The logits of the next tokens, after what was fed last.
  ///
  /// - Shape: [sequences, V].
  var logits: UnsafeBufferPointer<Float> { get }
  /// Feeds one token to each sequence: as many ids as there are sequences.
  ///
  /// - Throws: where an id is not in the vocabulary.
  func feed(_ ids: [Int32]) throws
  /// Feeds the same tokens, one after the other, to every sequence.
  func feedPrompt(_ ids: [Int32]) throws
}

extension NextTokenModel {
  /// Feeds the same tokens, one after the other, to every sequence.
  public func feedPrompt(_ ids: [Int32]) throws {
    for id in ids { try feed([Int32](repeating: id, count: sequences)) }
  }
}

/// A model whose sequences go on from each other's past, as a search needs, or begin anew one by one, as a batch of prompts
/// does.
public protocol BranchingModel: NextTokenModel {
  /// Lets one sequence begin anew and feeds it the tokens, one after the other; the others stay where they are. Its logits
  /// are those of a model of one sequence that was fed the same.
  func begin(_ sequence: Int, with ids: [Int32]) throws
  /// Lets sequence n go on from where sequence `sources[n]` is: with its past and its logits.
  func branch(from sources: [Int])
}

extension InferenceSession: BranchingModel {
  /// The number of tokens, V.
  public var vocabularySize: Int { model.configuration.vocabularySize }
}
