public import TsuzuriModel
public import TsuzuriText

/// The content of `config.json`: what a model is, and how it was made.
public struct ModelDescription: Codable, Sendable, Hashable {
  /// The version of the folder's format that this build writes and reads.
  public static let currentFormatVersion = 1

  /// The version of the folder's format.
  public var formatVersion: Int
  /// The network's shape.
  public var architecture: ModelConfiguration
  /// How the weights stand in their file; nil for numbers of single precision.
  public var quantization: Quantization?
  /// How text becomes tokens.
  public var tokenizer: TokenizerConfiguration
  /// How it was trained; nil for weights that came from elsewhere.
  public var training: TrainingRecord?

  /// Describes a model of this build's format.
  public init(
    architecture: ModelConfiguration, quantization: Quantization? = nil, tokenizer: TokenizerConfiguration,
    training: TrainingRecord?
  ) {
    formatVersion = Self.currentFormatVersion
    self.architecture = architecture
    self.quantization = quantization
    self.tokenizer = tokenizer
    self.training = training
  }

  private enum CodingKeys: String, CodingKey {
    case formatVersion = "format_version"
    case architecture, quantization, tokenizer, training
  }
}

/// How a model's matrices are kept, where they are not numbers of single precision.
public enum Quantization: String, Codable, Sendable, Hashable, CaseIterable {
  /// 8-bit integers, with a scale for each row.
  case int8
}

/// How a model was trained: what `tsuzuri info` tells.
public struct TrainingRecord: Codable, Sendable, Hashable {
  /// The corpus's files, as they were named.
  public var corpus: [String]
  /// What the loss was watched on: a file's name, or the fraction of the corpus.
  public var validation: String
  /// The options that decide the result, by the command's names.
  public var options: [String: String]
  /// The steps that the weights have behind them.
  public var steps: Int
  /// The tokens that the weights have seen.
  public var tokens: Int
  /// The weights' loss on the validation text, in nats a token; nil where there was none.
  public var validationLoss: Double?
  /// The libraries' versions and the processor's kernels: equal bits are promised for equal ones only.
  public var environment: [String: String]

  /// Records a run. What is left out, `Trainer` fills in, but for the options.
  public init(
    corpus: [String], validation: String, options: [String: String] = [:], steps: Int = 0, tokens: Int = 0,
    validationLoss: Double? = nil, environment: [String: String] = [:]
  ) {
    self.corpus = corpus
    self.validation = validation
    self.options = options
    self.steps = steps
    self.tokens = tokens
    self.validationLoss = validationLoss
    self.environment = environment
  }

  private enum CodingKeys: String, CodingKey {
    case corpus, validation, options, steps, tokens, environment
    case validationLoss = "validation_loss"
  }
}
