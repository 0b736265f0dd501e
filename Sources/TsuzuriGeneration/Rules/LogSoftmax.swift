internal import CKernels
internal import TsuzuriKernels

/// One row of logits [V] as the logarithms of probabilities, whatever the rules make of it: ln P(i) = zᵢ − ln Σⱼ exp(zⱼ).
extension UnsafeBufferPointer<Float> {
  /// `ln softmax(logits)[id]`.
  func logProbability(of id: Int32) -> Double {
    var id = id
    var loss: Float = 0
    KernelSet.best.table.pointee.cross_entropy(1, count, baseAddress!, &id, &loss)
    return -Double(loss)
  }

  /// ln Σ exp(logit).
  ///
  /// - Throws: `GenerationError.invalidLogit`.
  func logNormalizer() throws -> Double {
    var maximum: Float = 0
    guard KernelSet.best.table.pointee.largest(count, baseAddress!, &maximum) != 0 else {
      let id = firstIndex { !$0.isFinite } ?? 0
      throw GenerationError.invalidLogit(token: id, value: "\(self[id])")
    }
    // Of the likeliest token the loss is small, and so is its rounding.
    let likeliest = Int32(truncatingIfNeeded: firstIndex(of: maximum) ?? 0)
    return Double(maximum) - logProbability(of: likeliest)
  }
}
