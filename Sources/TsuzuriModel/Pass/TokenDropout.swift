internal import TsuzuriKernels

/// Dropout of whole tokens: in a step a token's vector is zero wherever it is read, with probability p, and multiplied by
/// 1 / (1 − p) otherwise.
///
/// Source: Gal & Ghahramani 2016, section 4.2; in language models, Merity, Keskar & Socher 2018, section 4.3.
struct TokenDropout {
  private let threshold: UInt64
  private let scale: Float

  /// nil where nothing is dropped.
  init?(_ configuration: ModelConfiguration) {
    let probability = Double(configuration.regularization.embeddingDropout)
    if probability == 0 { return nil }
    (threshold, scale) = Dropout.threshold(keeping: 1 - probability)
  }

  /// What the token's vector is multiplied by in a step: the same in every lane and share, and in both directions.
  func factor(ofToken id: Int32, key: DropoutKey) -> Float {
    // Neither the streams of the seed itself nor those of other dropout.
    var generator = CounterBasedGenerator(
      seed: key.seed ^ 0x746f_6b65_6e00_6f66,
      stream: UInt64(truncatingIfNeeded: key.step) << 32 | UInt64(UInt32(bitPattern: id)))
    return UInt64(generator.next().lowWord) < threshold ? scale : 0
  }
}
