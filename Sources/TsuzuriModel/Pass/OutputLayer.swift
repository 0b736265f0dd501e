internal import TsuzuriKernels

/// The last stage of a pass: from features to what a token costs, with one matrix (``OutputProjection``) or with those of an
/// adaptive softmax (``AdaptiveOutput``).
protocol OutputLayer: AnyObject {
  /// logits [rows, V], whose softmax are the tokens' probabilities.
  func project(
    _ hidden: UnsafePointer<Float>, rows: Int, parameters: UnsafePointer<Float>,
    into logits: UnsafeMutablePointer<Float>)

  /// The loss of each row in nats. A target below zero is not scored: its loss is 0.
  func losses(
    _ hidden: UnsafePointer<Float>, targets: UnsafePointer<Int32>, rows: Int, parameters: UnsafePointer<Float>,
    into losses: UnsafeMutablePointer<Float>)

  /// The losses, the gradients of the layer's tensors (added), and that of `hidden` (written).
  ///
  /// - Parameter scale: what each row's loss counts in the mean that is minimised.
  func lossesAndGradients(
    _ hidden: UnsafePointer<Float>, targets: UnsafePointer<Int32>, rows: Int, scale: Float,
    parameters: UnsafePointer<Float>, losses: UnsafeMutablePointer<Float>,
    hiddenGradient: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>)
}

extension PreparedWeights {
  /// The output layer of a model of this shape.
  func makeOutput(maximumRows: Int, arithmetic: Arithmetic) -> any OutputLayer {
    configuration.adaptiveClusters.map {
      AdaptiveOutput(self, clusters: $0, maximumRows: maximumRows, arithmetic: arithmetic)
    } ?? OutputProjection(self, maximumRows: maximumRows, arithmetic: arithmetic)
  }
}
