package import TsuzuriKernels

/// What training asks of a pass through the network, whichever way that goes: ``WindowPass`` and ``BidirectionalPass``.
///
/// A pass runs on the calling thread alone, keeps what its backward pass needs, and carries its lanes' state from window to
/// window.
package protocol TrainingPass: AnyObject {
  /// Runs one window.
  ///
  /// - Parameters:
  ///   - inputs: [time, lanes], each in 0 ..< V; they must stay where they are until the backward pass is done.
  ///   - following: the token after each of `inputs`, scored or not; it must be in 0 ..< V, too.
  ///   - dropout: nil where the model is used and not trained.
  func forward(
    inputs: UnsafePointer<Int32>, following: UnsafePointer<Int32>, time: Int, parameters: UnsafePointer<Float>,
    dropout: DropoutKey?)

  /// The losses of the window's targets [time, lanes] in nats, and the gradient of what is minimised, each place counting
  /// `scale`. A target below zero is not scored.
  ///
  /// - Parameter gradient: a flat buffer of the layout; every slice is written anew.
  func lossesAndGradient(
    targets: UnsafePointer<Int32>, scale: Float, parameters: UnsafePointer<Float>,
    losses: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>)

  /// The rows that a first layer's input product had in the last forward pass: time · lanes, or the distinct ids.
  var inputProductRows: Int { get }

  /// Makes the state after the last window the one that the next window starts from: values only, no gradient.
  func carryState(time: Int)
  /// Sets the state that the next window starts from to zero.
  func resetState()
  /// Copies the state that the next window starts from into the lanes of `state` from `firstLane` on.
  func exportState(to state: inout RecurrentState, firstLane: Int)
  /// Takes the lanes of `state` from `firstLane` on as the state that the next window starts from.
  func importState(from state: RecurrentState, firstLane: Int)
}

extension PreparedWeights {
  /// The pass that trains a model of this shape.
  package func makeTrainingPass(
    maximumTime: Int, lanes: Int, arithmetic: Arithmetic = Arithmetic()
  ) -> any TrainingPass {
    configuration.isBidirectional
      ? BidirectionalPass(self, maximumTime: maximumTime, lanes: lanes, arithmetic: arithmetic)
      : WindowPass(self, maximumTime: maximumTime, lanes: lanes, arithmetic: arithmetic)
  }
}

extension WindowPass: TrainingPass {
  package func forward(
    inputs: UnsafePointer<Int32>, following: UnsafePointer<Int32>, time: Int, parameters: UnsafePointer<Float>,
    dropout: DropoutKey?
  ) {
    forward(ids: inputs, time: time, parameters: parameters, dropout: dropout)
  }
}
