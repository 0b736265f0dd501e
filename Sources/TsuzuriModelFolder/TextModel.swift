public import TsuzuriModel
public import TsuzuriText

/// A model with the tokenizer it was trained with: what is needed to write and to measure text.
///
/// Its parts never change, so it may be shared among threads and tasks. ``ModelFolder/load()`` reads one from disk.
public struct TextModel: Sendable {
  /// The network.
  public let model: LanguageModel
  /// What turns text into its token ids and back.
  public let tokenizer: Tokenizer
  /// What `config.json` says of it.
  public let description: ModelDescription

  /// Puts the parts together.
  public init(model: LanguageModel, tokenizer: Tokenizer, description: ModelDescription) {
    self.model = model
    self.tokenizer = tokenizer
    self.description = description
  }
}
