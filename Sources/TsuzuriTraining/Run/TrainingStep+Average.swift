package import TsuzuriKernels

extension TrainingStep {
  /// The optimizer, where its result is an average of the weights.
  package var averaging: AveragedSGD? { optimizer as? AveragedSGD }

  /// A copy of the parameters that a model has after this step: the optimizer's average of them, where there is one.
  package func measuredSnapshot() -> FloatBuffer {
    guard let average = averaging?.averagedParameters else { return snapshot() }
    let copy = FloatBuffer(count: parameters.count)
    _ = copy.all.update(from: average)
    return copy
  }

  /// Begins to average with the parameters as they are.
  func startAveraging() { averaging?.startAveraging(from: UnsafeBufferPointer(parameters.all)) }
}
