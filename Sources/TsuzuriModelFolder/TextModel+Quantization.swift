internal import TsuzuriModel

extension TextModel {
  /// The same model with its matrices as 8-bit integers, each row with a scale of its own.
  ///
  /// ```
  /// w ≈ s_row · q,   s_row = max|w_row| / 127,   q = round(w / s_row)
  /// ```
  /// Its file has about a quarter of the size, and it writes several times as fast. It reads, writes and measures as any
  /// other model; it cannot be trained on.
  public func quantized() -> TextModel {
    var description = description
    description.quantization = .int8
    return TextModel(model: model.quantized(), tokenizer: tokenizer, description: description)
  }
}
