/// How the next token is chosen from a model's logits.
///
/// The rules apply in this order, each to what the one before has left: repetition penalty → top-k → top-p → min-p →
/// temperature. The probabilities that top-p and min-p look at are therefore those of temperature 1.
public struct SamplingRules: Sendable, Hashable, Codable {
  /// Divides the logits; below 1 likely tokens become likelier. At 0 the likeliest token is always taken (of several
  /// the one with the lowest id).
  public let temperature: Double
  /// Keeps the k likeliest tokens; of equally likely ones those with the lowest ids. 0 keeps all.
  public let topK: Int
  /// Keeps the smallest set of likeliest tokens whose probabilities sum to p or more. 1 keeps all.
  ///
  /// Source: Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", section 3.1.
  public let topP: Double
  /// Keeps the tokens that are at least this many times as probable as the likeliest one. 0 keeps all.
  ///
  /// Source: Nguyen et al. 2024, "Turning Up the Heat: Min-p Sampling", section 3.
  public let minP: Double
  /// Divides the positive logits and multiplies the negative ones of each token among the last ``repetitionWindow``.
  /// 1 changes nothing, more makes repetitions rarer.
  ///
  /// Source: Keskar et al. 2019, "CTRL", section 4.1, with the sign handled as everybody does since.
  public let repetitionPenalty: Double
  /// How many of the last tokens, the prompt's included, the penalty looks back on. 0 switches it off.
  public let repetitionWindow: Int

  /// The command's defaults: temperature 0.8 and nothing else.
  public static let standard = SamplingRules(
    unchecked: (temperature: 0.8, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, repetitionWindow: 64))
  /// The likeliest token, always.
  public static let greedy = SamplingRules(
    unchecked: (temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, repetitionWindow: 64))

  /// Rules with these values; the defaults are the command's.
  /// - Throws: `GenerationError.invalidOption`.
  public init(
    temperature: Double = 0.8, topK: Int = 0, topP: Double = 1, minP: Double = 0, repetitionPenalty: Double = 1,
    repetitionWindow: Int = 64
  ) throws {
    func check(_ isValid: Bool, _ name: String, _ expected: String, _ found: Any, _ advice: String) throws {
      guard isValid else {
        throw GenerationError.invalidOption(name: name, expected: expected, found: "\(found)", advice: advice)
      }
    }
    try check(
      temperature >= 0 && temperature.isFinite, "temperature", "a number of 0 or more", temperature,
      "0 takes the likeliest token each time, 0.8 is usual.")
    try check(topK >= 0, "top-k", "a whole number of 0 or more", topK, "0 switches the rule off, 40 is usual.")
    try check(
      topP > 0 && topP <= 1, "top-p", "a number above 0 and up to 1", topP,
      "1 switches the rule off, 0.95 is usual.")
    try check(minP >= 0 && minP <= 1, "min-p", "a number from 0 to 1", minP, "0 switches the rule off, 0.05 is usual.")
    try check(
      repetitionPenalty > 0 && repetitionPenalty.isFinite, "repetition-penalty", "a number above 0", repetitionPenalty,
      "1 switches the rule off, 1.1 is usual.")
    try check(
      repetitionWindow >= 0, "repetition-window", "a whole number of 0 or more", repetitionWindow,
      "0 switches the penalty off, 64 is usual.")
    self.init(unchecked: (temperature, topK, topP, minP, repetitionPenalty, repetitionWindow))
  }

  private init(
    unchecked values: (
      temperature: Double, topK: Int, topP: Double, minP: Double, repetitionPenalty: Double, repetitionWindow: Int
    )
  ) {
    (temperature, topK, topP, minP, repetitionPenalty, repetitionWindow) = values
  }

  /// Reads rules and checks them as the other initialiser does.
  /// - Throws: `GenerationError.invalidOption`, `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      temperature: values.decode(Double.self, forKey: .temperature), topK: values.decode(Int.self, forKey: .topK),
      topP: values.decode(Double.self, forKey: .topP), minP: values.decode(Double.self, forKey: .minP),
      repetitionPenalty: values.decode(Double.self, forKey: .repetitionPenalty),
      repetitionWindow: values.decode(Int.self, forKey: .repetitionWindow))
  }
}
