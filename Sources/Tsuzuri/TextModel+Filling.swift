public import TsuzuriGeneration
public import TsuzuriModelFolder

extension TextModel {
  /// What may stand where a text says `[MASK]`, each mask being one token, by what stands on both sides of it.
  ///
  /// ```swift
  /// for filling in try model.fill("吾輩は[MASK]である") { print(filling.text) }
  /// ```
  /// The model must be bidirectional. `MaskFiller` says how several places are filled, and what the
  /// log-probability is.
  ///
  /// - Parameters:
  ///   - prompt: The text, with 1 to 16 masks in it.
  ///   - top: How many texts are offered.
  /// - Throws: `FillError` for a model with one direction and for a prompt without masks or with too many, `TextError`
  ///   where ICU cannot cut the prompt.
  public func fill(_ prompt: String, top: Int = 5) throws -> [MaskFiller.Filling] {
    try MaskFiller(model: model, tokenizer: tokenizer, prompt: prompt).fillings(top: top)
  }
}
