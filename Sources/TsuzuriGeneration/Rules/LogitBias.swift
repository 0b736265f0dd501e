/// What is added to the logit of a token, before all other rules.
///
/// ```
/// z ← z + bias
/// ```
/// A bias of b makes the token's odds against all others e^b times as large. −∞ forbids the token: it never comes,
/// wherever it stands in the order of the others.
///
/// Source: OpenAI's API, `logit_bias`, where −100 stands for −∞.
public struct LogitBias: Sendable, Hashable, Codable {
  /// The token's id.
  public let token: Int32
  /// What is added, in nats: a finite number, or −∞.
  public let value: Double

  /// A bias for a token.
  public init(token: Int32, value: Double) {
    self.token = token
    self.value = value
  }

  /// Reads a bias; −∞ is the text `-inf`, since JSON has no word for it.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    token = try values.decode(Int32.self, forKey: .token)
    let word = try? values.decode(String.self, forKey: .value)
    value = word == "-inf" ? -.infinity : try values.decode(Double.self, forKey: .value)
  }

  /// Writes a bias.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(token, forKey: .token)
    if value == -.infinity {
      try values.encode("-inf", forKey: .value)
    } else {
      try values.encode(value, forKey: .value)
    }
  }

  private enum CodingKeys: String, CodingKey {
    case token
    case value
  }
}
