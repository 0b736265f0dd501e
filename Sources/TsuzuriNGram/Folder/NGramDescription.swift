public import TsuzuriModelFolder
public import TsuzuriText

/// The content of an n-gram model's `config.json`: what it is, and how it was made.
public struct NGramDescription: Codable, Sendable, Hashable {
  /// The version of the folder's format.
  public var formatVersion: Int
  /// That it is an n-gram model.
  public var kind: ModelKind
  /// The model's shape.
  public var model: NGramConfiguration
  /// How many n-grams there are of each order.
  public var counts: [Int]
  /// The discounts of each order.
  public var discounts: [KneserNeyDiscounts]
  /// How text becomes tokens.
  public var tokenizer: TokenizerConfiguration
  /// How it was trained.
  public var training: TrainingRecord?

  /// Describes a model of this build's format.
  public init(
    model: NGramConfiguration, counts: [Int], discounts: [KneserNeyDiscounts], tokenizer: TokenizerConfiguration,
    training: TrainingRecord?
  ) {
    formatVersion = ModelDescription.currentFormatVersion
    kind = .ngram
    self.model = model
    self.counts = counts
    self.discounts = discounts
    self.tokenizer = tokenizer
    self.training = training
  }

  private enum CodingKeys: String, CodingKey {
    case formatVersion = "format_version"
    case kind, counts, discounts, tokenizer, training
    case model = "ngram"
  }
}
