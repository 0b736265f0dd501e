internal import TsuzuriKernels

/// One stack of a bidirectional model in use: what some sequences that run side by side have been read, in one direction.
///
/// Where ``InferenceSession`` gives logits, this gives the stack's features, which become logits together with those of the
/// other direction: see ``LanguageModel/jointLogits(forward:backward:)``.
package final class DirectedSession {
  /// Which stack.
  package enum Direction: Int, Sendable { case forward, backward }

  private static let windowLength = 32

  /// How many sequences run side by side.
  package let sequences: Int
  private let model: LanguageModel
  private let encoder: SequenceEncoder
  private let ids: IndexBuffer
  /// The features after the last token of each sequence [sequences, output size]; zeros before the first.
  package private(set) var features: [Float]

  /// A session that has read nothing: its states are zero.
  package init(model: LanguageModel, direction: Direction, sequences: Int = 1) {
    precondition(model.configuration.isBidirectional, "a direction was asked of a model with one stack")
    precondition(sequences > 0, "a session of \(sequences) sequences was asked for")
    self.model = model
    self.sequences = sequences
    encoder = SequenceEncoder(
      stack: direction.rawValue, model.prepared, maximumTime: Self.windowLength, lanes: sequences,
      findsStartGradients: false,
      arithmetic: model.prepared.arithmetic(Arithmetic(), rows: Self.windowLength * sequences))
    ids = IndexBuffer(count: Self.windowLength * sequences)
    features = [Float](repeating: 0, count: sequences * model.configuration.outputSize)
  }

  /// A session that goes on from some sequences of this one: sequence n from what `parents[n]` has read.
  package func branch(from parents: [Int]) -> DirectedSession {
    let direction: Direction = encoder.number == 0 ? .forward : .backward
    let other = DirectedSession(model: model, direction: direction, sequences: parents.count)
    var state = RecurrentState(model.configuration, lanes: sequences)
    encoder.exportState(to: &state, firstLane: 0)
    other.encoder.importState(from: state.lanes(parents), firstLane: 0)
    let H = model.configuration.outputSize
    other.features = parents.flatMap { features[$0 * H..<($0 + 1) * H] }
    return other
  }

  /// Feeds one token to each sequence.
  package func feed(_ tokens: [Int32]) {
    precondition(tokens.count == sequences, "\(tokens.count) tokens were fed to \(sequences) sequences")
    ids.pointer.update(from: tokens, count: sequences)
    advance(time: 1)
  }

  /// Feeds the same tokens to every sequence, in the order in which they stand here.
  package func feed(toAll tokens: [Int32]) {
    for start in stride(from: 0, to: tokens.count, by: Self.windowLength) {
      let time = min(Self.windowLength, tokens.count - start)
      for t in 0..<time { (ids.pointer + t * sequences).update(repeating: tokens[start + t], count: sequences) }
      advance(time: time)
    }
  }

  private func advance(time: Int) {
    let size = Int32(model.configuration.vocabularySize)
    precondition(
      (0..<time * sequences).allSatisfy { (0..<size).contains(ids.pointer[$0]) }, "a token is not in the vocabulary")
    SignalShield.during {
      encoder.forward(ids: ids.pointer, time: time, parameters: model.parameters.pointer, dropout: nil)
    }
    let count = features.count
    features = Array(UnsafeBufferPointer(start: encoder.features + (time - 1) * count, count: count))
    encoder.carryState(time: time)
  }
}

extension LanguageModel {
  /// The logits of tokens from what stands on both sides of them, W_f h_f + W_b h_b + b [rows, V].
  ///
  /// - Parameters:
  ///   - forward: the forward stack's features after the token before each [rows, output size].
  ///   - backward: the backward stack's after the token behind each; zeros where there is none.
  package func jointLogits(forward: [Float], backward: [Float]) -> [Float] {
    let rows = forward.count / configuration.outputSize
    precondition(
      forward.count == backward.count && forward.count == rows * configuration.outputSize,
      "found \(forward.count) forward and \(backward.count) backward features, expected as many of both")
    var logits = [Float](repeating: 0, count: rows * configuration.vocabularySize)
    let output = JointProjection(
      prepared, maximumRows: rows, arithmetic: prepared.arithmetic(Arithmetic(), rows: rows))
    SignalShield.during {
      output.logits(forward, backward, rows: rows, parameters: parameters.pointer, into: &logits)
    }
    return logits
  }
}
