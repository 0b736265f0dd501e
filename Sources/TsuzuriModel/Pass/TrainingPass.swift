package import TsuzuriKernels

/// What training asks of a pass through the network, whichever way that goes: ``WindowPass`` and ``BidirectionalPass``.
///
/// A pass runs on the calling thread alone, keeps what its backward pass needs, and carries its lanes' state from window to
/// window.
package protocol TrainingPass: AnyObject {
  var configuration: ModelConfiguration { get }

  /// Runs one window.
  ///
  /// - Parameters:
  ///   - inputs: [time, lanes], each in 0 ..< V; they must stay where they are until the gradients are made.
  ///   - following: the token after each of `inputs`, scored or not; it must be in 0 ..< V, too.
  ///   - dropout: nil where the model is used and not trained.
  func forward(
    inputs: UnsafePointer<Int32>, following: UnsafePointer<Int32>, time: Int, parameters: UnsafePointer<Float>,
    dropout: DropoutKey?)

  /// The losses of the window's targets [time, lanes] in nats, each counting `scale` in what is minimised, and the gradients
  /// of the output layer, which are written to `gradient`, and of the features. A target below zero is not scored.
  func lossesAndFeaturesGradient(
    targets: UnsafePointer<Int32>, scale: Float, parameters: UnsafePointer<Float>,
    losses: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>)

  /// From the gradient of the features back through the window. The gradients of the recurrent layers are written to
  /// `gradient` or noted in ``windowGradient``; that of the embedding is ``embeddingGradient(ofStack:)``.
  ///
  /// - Parameters:
  ///   - scale: what each place's loss counts in the mean that is minimised.
  ///   - gradient: a flat buffer of the layout.
  func backward(scale: Float, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>)

  /// The gradients that the last backward pass noted.
  var windowGradient: WindowGradient { get }

  /// The embedding's gradient that one stack's last backward pass found.
  func embeddingGradient(ofStack number: Int) -> EmbeddingRows

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

extension TrainingPass {
  /// The losses of the window and the whole gradient of what is minimised: all that a step does with its shares, by one pass
  /// alone and on one thread.
  ///
  /// - Parameter gradient: a flat buffer of the layout; every slice is written anew.
  package func lossesAndGradient(
    targets: UnsafePointer<Int32>, scale: Float, parameters: UnsafePointer<Float>,
    losses: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>
  ) {
    let layout = ParameterLayout(configuration)
    let embedding = layout[ParameterName.embedding]
    let matrix = gradient + embedding.offset
    // Tied, it is the output's, too, which comes first.
    if !configuration.tiesEmbeddings { matrix.update(repeating: 0, count: embedding.count) }
    lossesAndFeaturesGradient(
      targets: targets, scale: scale, parameters: parameters, losses: losses, gradient: gradient)
    backward(scale: scale, parameters: parameters, gradient: gradient)
    windowGradient.makeProducts(part: 0, of: 1, into: gradient, adding: false)
    for number in configuration.stacks.indices {
      embeddingGradient(ofStack: number).add(to: matrix, width: embedding.shape[1], using: .best)
    }
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
