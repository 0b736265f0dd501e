extension LearningRateSchedule: Codable {
  private enum CodingKeys: String, CodingKey {
    case name, warmupSteps, finalFraction, factor, patience, threshold, minimumFraction, afterEpoch, rise
    case initialDivisor, finalDivisor
  }

  /// Reads `{"name": "cosine", "warmupSteps": 0, "finalFraction": 0}` and the like.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Double { try values.decode(Double.self, forKey: key) }
    func count(_ key: CodingKeys) throws -> Int { try values.decode(Int.self, forKey: key) }
    switch try values.decode(String.self, forKey: .name) {
    case "constant": shape = .constant
    case "cosine": shape = .cosine(finalFraction: try number(.finalFraction))
    case "plateau":
      shape = .plateau(
        factor: try number(.factor), patience: try count(.patience), threshold: try number(.threshold),
        minimumFraction: try number(.minimumFraction))
    case "step": shape = .step(afterEpoch: try count(.afterEpoch), factor: try number(.factor))
    case "one-cycle":
      shape = .oneCycle(
        rise: try number(.rise), initialDivisor: try number(.initialDivisor), finalDivisor: try number(.finalDivisor))
    case let name: throw OptimizationError.unknownName(option: "schedule", choices: Self.names, found: name)
    }
    // The first version knew it for cosine only.
    warmupSteps = try values.decodeIfPresent(Int.self, forKey: .warmupSteps) ?? 0
    try validate()
  }

  /// Writes the name and the numbers side by side.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(name, forKey: .name)
    try values.encode(warmupSteps, forKey: .warmupSteps)
    switch shape {
    case .constant: break
    case .cosine(let finalFraction): try values.encode(finalFraction, forKey: .finalFraction)
    case .plateau(let factor, let patience, let threshold, let minimumFraction):
      try values.encode(factor, forKey: .factor)
      try values.encode(patience, forKey: .patience)
      try values.encode(threshold, forKey: .threshold)
      try values.encode(minimumFraction, forKey: .minimumFraction)
    case .step(let afterEpoch, let factor):
      try values.encode(afterEpoch, forKey: .afterEpoch)
      try values.encode(factor, forKey: .factor)
    case .oneCycle(let rise, let initialDivisor, let finalDivisor):
      try values.encode(rise, forKey: .rise)
      try values.encode(initialDivisor, forKey: .initialDivisor)
      try values.encode(finalDivisor, forKey: .finalDivisor)
    }
  }
}
