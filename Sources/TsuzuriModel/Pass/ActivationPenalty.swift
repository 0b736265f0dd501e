/// Activation regularisation: what large and quickly changing outputs of the last layer cost.
///
///     α / (T·B·H) · Σ h̃²                     AR: h̃ after dropout
///     β / ((T − 1)·B·H) · Σ (h_t − h_{t−1})²   TAR: h before dropout
///
/// B counts the lanes of all shares. The penalties have gradients only; the losses that are reported are without them.
///
/// - Shape: h [T, B, H], where H is the output size.
///
/// Source: Merity, McCann & Socher 2017, "Revisiting activation regularization for language RNNs", as means over elements.
struct ActivationPenalty {
  private let activation: Float
  private let temporal: Float
  private let width: Int
  /// How many values a step has.
  private let stepCount: Int

  /// nil where nothing is penalised.
  init?(_ configuration: ModelConfiguration, lanes: Int) {
    activation = configuration.regularization.activationPenalty
    temporal = configuration.regularization.temporalPenalty
    width = configuration.outputSize
    stepCount = lanes * configuration.outputSize
    if activation == 0, temporal == 0 { return nil }
  }

  /// - Parameter scale: 1 / (T·B), what each place's loss counts.
  func addActivation(
    to gradient: UnsafeMutablePointer<Float>, of features: UnsafePointer<Float>, time: Int, scale: Float
  ) {
    if activation == 0 { return }
    let factor = 2 * activation * scale / Float(width)
    for i in 0..<time * stepCount { gradient[i] += factor * features[i] }
  }

  /// - Parameter scale: 1 / (T·B), what each place's loss counts.
  func addTemporal(
    to gradient: UnsafeMutablePointer<Float>, of outputs: UnsafePointer<Float>, time: Int, scale: Float
  ) {
    if temporal == 0 || time < 2 { return }
    let factor = 2 * temporal * scale * Float(time) / Float(time - 1) / Float(width)
    for i in 0..<(time - 1) * stepCount {
      let change = factor * (outputs[i + stepCount] - outputs[i])
      gradient[i + stepCount] += change
      gradient[i] -= change
    }
  }
}
