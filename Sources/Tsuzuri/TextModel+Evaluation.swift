public import TsuzuriEvaluation
public import TsuzuriModelFolder

extension TextModel {
  /// How well the model predicts a text: its perplexity, and its bits a character and a byte.
  ///
  /// The text is gone through once, with the state carried from beginning to end. `Evaluator` also tells of each token,
  /// and reads files.
  ///
  /// - Parameters:
  ///   - text: What is measured.
  ///   - window: After how many tokens the model forgets everything; nil never. Of a bidirectional model, the window at whose
  ///     right end the backward stack begins, 256 unless told; its forward stack forgets nothing.
  /// - Throws: `ModelError` for a window of less than 1 or more than 1,000,000 tokens, `TextError` where ICU cannot cut the
  ///   text.
  /// - Complexity: One forward pass a token.
  public func evaluate(_ text: String, window: Int? = nil) throws -> Evaluation {
    try model.evaluate(.text(text), tokenizer: tokenizer, window: window)
  }
}
