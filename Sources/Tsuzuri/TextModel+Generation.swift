public import TsuzuriGeneration
public import TsuzuriModelFolder

extension TextModel {
  /// Text that the model writes after a prompt, as an asynchronous sequence of pieces.
  ///
  /// ```swift
  /// for try await piece in try model.generate(prompt: "The ferry") { print(piece.text, terminator: "") }
  /// ```
  /// It is written while it is asked for. Where the task that asks is cancelled, the sequence throws
  /// `CancellationError`; who wants no more leaves the loop. `TextGenerator.run(_:)` writes everything at once.
  ///
  /// - Parameters:
  ///   - prompt: What the text begins with, and may hold anything; the pieces do not repeat it. An empty one begins a
  ///     new text.
  ///   - options: How much is written, by which rules, and from which seed.
  /// - Throws: `GenerationError` for an option that cannot be, `TextError` where ICU cannot cut the prompt.
  public func generate(prompt: String = "", options: GenerationOptions = GenerationOptions()) throws -> TextGenerator {
    try TextGenerator(model: model, tokenizer: tokenizer, prompt: prompt, options: options)
  }

  /// Texts that the model writes after many prompts, some of them side by side: faster than one at a time, and the same.
  ///
  /// - Parameters:
  ///   - requests: the prompts, and what holds for one alone.
  ///   - options: how much is written after each, and by which rules.
  ///   - lanes: how many are written after side by side.
  /// - Throws: `GenerationError` for an option that cannot be, `TextError` where ICU cannot cut a stop text.
  public func generate(
    after requests: [PromptBatch.Request], options: GenerationOptions = GenerationOptions(),
    lanes: Int = PromptBatch.usualLanes
  ) throws -> PromptBatch {
    try PromptBatch(model: model, tokenizer: tokenizer, requests: requests, options: options, lanes: lanes)
  }

  /// A session in which somebody and the model write in turns.
  ///
  /// - Parameter seed: where its randomness comes from.
  /// - Throws: `GenerationError.vocabularyMismatch`.
  public func session(seed: UInt64 = 1) throws -> WritingSession {
    try WritingSession(model: model, tokenizer: tokenizer, seed: seed)
  }
}
