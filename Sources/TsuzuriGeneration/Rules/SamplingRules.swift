/// How the next token is chosen from a model's logits.
///
/// The rules apply in this order, each to what the one before has left: logit bias → repetition, presence and frequency
/// penalty → what must not come (a bias of −∞, no-repeat n-grams; in a text also bans and the least length) → top-k →
/// typical → top-p → min-p → temperature. The probabilities that typical, top-p and min-p look at are therefore those of
/// temperature 1.
public struct SamplingRules: Sendable, Hashable, Codable {
  /// Divides the logits; below 1 likely tokens become likelier. At 0 the likeliest token that is left is always taken (of
  /// several the one with the lowest id).
  public private(set) var temperature = 0.8
  /// Keeps the k likeliest tokens; of equally likely ones those with the lowest ids. 0 keeps all.
  ///
  /// Source: Fan et al. 2018, "Hierarchical Neural Story Generation".
  public private(set) var topK = 0
  /// Keeps the tokens whose information −ln P is nearest to its expectation, the entropy, until their probabilities sum to
  /// this or more; of equally near ones those with the lowest ids. 1 keeps all. The likeliest token may be among those
  /// that go.
  ///
  /// Source: Meister et al. 2023, "Locally Typical Sampling".
  public private(set) var typicalP = 1.0
  /// Keeps the smallest set of likeliest tokens whose probabilities sum to p or more. 1 keeps all.
  ///
  /// Source: Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", section 3.1.
  public private(set) var topP = 1.0
  /// Keeps the tokens that are at least this many times as probable as the likeliest one that is left. 0 keeps all.
  ///
  /// Source: Nguyen et al. 2024, "Turning Up the Heat: Min-p Sampling", section 3.
  public private(set) var minP = 0.0
  /// Divides the positive logits and multiplies the negative ones of each token among the last ``repetitionWindow``.
  /// 1 changes nothing, more makes repetitions rarer.
  ///
  /// Source: Keskar et al. 2019, "CTRL", section 4.1, with the sign handled as everybody does since.
  public private(set) var repetitionPenalty = 1.0
  /// Is taken from the logit of each token among the last ``repetitionWindow``. 0 changes nothing.
  ///
  /// Source: OpenAI's API, `presence_penalty`: z ← z − c · frequency penalty − [c > 0] · presence penalty, c being how
  /// often the token was seen.
  public private(set) var presencePenalty = 0.0
  /// Is taken from the logit of each token as often as it stands among the last ``repetitionWindow``. 0 changes nothing.
  ///
  /// Source: as ``presencePenalty``, `frequency_penalty`.
  public private(set) var frequencyPenalty = 0.0
  /// How many of the last tokens, the prompt's included, the three penalties look back on. 0 switches them off.
  public private(set) var repetitionWindow = 64
  /// No run of so many tokens comes twice, the prompt's included; 0 lets it.
  ///
  /// Source: Paulus et al. 2018, "A Deep Reinforced Model for Abstractive Summarization", section 2.5, for n = 3.
  public private(set) var noRepeatNGram = 0
  /// What is added to the logits of tokens, each token once, by ascending ids.
  public private(set) var logitBias: [LogitBias] = []

  /// The command's defaults: temperature 0.8 and nothing else.
  public static let standard = SamplingRules(temperatureAlone: 0.8)
  /// The likeliest token, always.
  public static let greedy = SamplingRules(temperatureAlone: 0)

  private init(temperatureAlone temperature: Double) { self.temperature = temperature }

  /// Rules with these values; the defaults are the command's.
  /// - Throws: `GenerationError.invalidOption`.
  public init(
    temperature: Double = 0.8, topK: Int = 0, typicalP: Double = 1, topP: Double = 1, minP: Double = 0,
    repetitionPenalty: Double = 1, presencePenalty: Double = 0, frequencyPenalty: Double = 0,
    repetitionWindow: Int = 64, noRepeatNGram: Int = 0, logitBias: [LogitBias] = []
  ) throws {
    self.temperature = temperature
    self.topK = topK
    self.typicalP = typicalP
    self.topP = topP
    self.minP = minP
    self.repetitionPenalty = repetitionPenalty
    self.presencePenalty = presencePenalty
    self.frequencyPenalty = frequencyPenalty
    self.repetitionWindow = repetitionWindow
    self.noRepeatNGram = noRepeatNGram
    self.logitBias = logitBias.sorted { $0.token < $1.token }
    try validate()
  }

  /// Reads rules and checks them as the other initialiser does; what is missing is as if it were not given there.
  /// - Throws: `GenerationError.invalidOption`, `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func value<Value: Decodable>(_ key: CodingKeys, _ otherwise: Value) throws -> Value {
      try values.decodeIfPresent(Value.self, forKey: key) ?? otherwise
    }
    try self.init(
      temperature: value(.temperature, 0.8), topK: value(.topK, 0), typicalP: value(.typicalP, 1),
      topP: value(.topP, 1), minP: value(.minP, 0), repetitionPenalty: value(.repetitionPenalty, 1),
      presencePenalty: value(.presencePenalty, 0), frequencyPenalty: value(.frequencyPenalty, 0),
      repetitionWindow: value(.repetitionWindow, 64), noRepeatNGram: value(.noRepeatNGram, 0),
      logitBias: value(.logitBias, []))
  }

  /// Whether any of the penalties changes a logit.
  var hasPenalty: Bool {
    repetitionWindow > 0 && (repetitionPenalty != 1 || presencePenalty != 0 || frequencyPenalty != 0)
  }
}
