internal import TsuzuriKernels

/// One layer's recurrence over one share's window: what the stack asks of every cell.
///
/// - Shape: ``sums`` [T, B, G·H]; ``output`` and its gradient [T, B, H]. A layer runs on the calling thread alone.
protocol RecurrentLayer: AnyObject {
  /// Where the products W_ih·x of the window are put before ``forward(time:weights:)``. Afterwards what the backward pass
  /// needs of them; after the backward pass, their gradient.
  var sums: UnsafeMutablePointer<Float> { get }
  /// h of each step of the window.
  var output: UnsafeMutablePointer<Float> { get }
  /// The buffers [T + 1, B, H] whose first step is the state that the window starts from.
  var stateComponents: [FloatBuffer] { get }

  /// Runs the window in time order.
  func forward(time: Int, weights: PreparedWeights)

  /// Runs the window backwards and writes the gradients of the recurrent parameters.
  ///
  /// - Parameter outputGradient: [T, B, H]; on return it also holds what came back through time.
  func backward(
    time: Int, outputGradient: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>,
    gradient: UnsafeMutablePointer<Float>)
}
