/// How the learning rate changes over a run.
///
/// A run may be bounded by epochs, steps or time, so a schedule is laid over the run's progress from 0 to 1, whatever
/// measures it; only warm-up counts steps. ``LearningRateScheduler`` follows a schedule.
public enum LearningRateSchedule: Sendable, Hashable {
  /// The same rate in every step.
  case constant

  /// A linear rise over W steps, then half a cosine over what is left of the run.
  ///
  ///     step s < W:  rate · (s + 1) / (W + 1)
  ///     after:       rate · (f + (1 − f) · (1 + cos πx) / 2),  x from 0 at the end of warm-up to 1 at the run's end
  ///
  /// Source: Loshchilov & Hutter 2017, "SGDR", eq. 5, without restarts. PyTorch: `LinearLR(start_factor=1/(W+1),
  /// total_iters=W)`, then `CosineAnnealingLR(T_max=steps − W, eta_min=rate · f)`.
  case cosine(warmupSteps: Int = 0, finalFraction: Double = 0)

  /// The rate times `factor` whenever the validation loss has not improved for more than `patience` validations.
  ///
  /// An improvement is a loss below `best · (1 − threshold)`. The rate does not fall below `minimumFraction` of what
  /// it was at first, nor by less than 10⁻⁸. PyTorch: `ReduceLROnPlateau(mode="min", threshold_mode="rel")`, but with
  /// a factor of 0.5 and a patience of 2, since a run has few validations.
  case plateau(factor: Double = 0.5, patience: Int = 2, threshold: Double = 1e-4, minimumFraction: Double = 0)

  /// The names that `--schedule` takes.
  public static let names = ["constant", "cosine", "plateau"]

  /// The schedule called `name`.
  ///
  /// - Parameters:
  ///   - name: One of ``names``.
  ///   - warmupSteps: For `cosine`; others have none.
  ///   - finalFraction: For `cosine`: what is left of the rate at the end.
  /// - Throws: ``OptimizationError`` for an unknown name or an impossible number.
  public init(named name: String, warmupSteps: Int = 0, finalFraction: Double = 0) throws {
    switch name {
    case "constant": self = .constant
    case "cosine": self = .cosine(warmupSteps: warmupSteps, finalFraction: finalFraction)
    case "plateau": self = .plateau()
    default: throw OptimizationError.unknownName(option: "--schedule", choices: Self.names, found: name)
    }
    try validate()
  }

  /// The schedule's name, as `--schedule` takes it.
  public var name: String {
    switch self {
    case .constant: "constant"
    case .cosine: "cosine"
    case .plateau: "plateau"
    }
  }

  /// Checks every number.
  ///
  /// - Throws: ``OptimizationError`` for the first that cannot be.
  public func validate() throws {
    switch self {
    case .constant: return
    case .cosine(let warmupSteps, let finalFraction):
      try OptimizationError.require(
        warmupSteps >= 0, option: "--warmup-steps", expected: "0 or more", found: Double(warmupSteps))
      try OptimizationError.require(
        (0...1).contains(finalFraction), option: "--final-learning-rate-fraction", expected: "a number from 0 to 1",
        found: finalFraction)
    case .plateau(let factor, let patience, let threshold, let minimumFraction):
      try OptimizationError.require(
        factor > 0 && factor < 1, option: "--plateau-factor", expected: "a number between 0 and 1", found: factor)
      try OptimizationError.require(
        patience >= 0, option: "--plateau-patience", expected: "0 or more", found: Double(patience))
      try OptimizationError.require(
        threshold >= 0 && threshold < 1, option: "--plateau-threshold", expected: "a number from 0 to below 1",
        found: threshold)
      try OptimizationError.require(
        (0...1).contains(minimumFraction), option: "--plateau-minimum-fraction", expected: "a number from 0 to 1",
        found: minimumFraction)
    }
  }
}

extension LearningRateSchedule: Codable {
  private enum CodingKeys: String, CodingKey {
    case name, warmupSteps, finalFraction, factor, patience, threshold, minimumFraction
  }

  /// Reads `{"name": "cosine", "warmupSteps": 0, "finalFraction": 0}` and the like.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    switch try container.decode(String.self, forKey: .name) {
    case "constant": self = .constant
    case "cosine":
      self = .cosine(
        warmupSteps: try container.decode(Int.self, forKey: .warmupSteps),
        finalFraction: try container.decode(Double.self, forKey: .finalFraction))
    case "plateau":
      self = .plateau(
        factor: try container.decode(Double.self, forKey: .factor),
        patience: try container.decode(Int.self, forKey: .patience),
        threshold: try container.decode(Double.self, forKey: .threshold),
        minimumFraction: try container.decode(Double.self, forKey: .minimumFraction))
    case let name: throw OptimizationError.unknownName(option: "schedule", choices: Self.names, found: name)
    }
    try validate()
  }

  /// Writes the name and the numbers side by side.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    switch self {
    case .constant: break
    case .cosine(let warmupSteps, let finalFraction):
      try container.encode(warmupSteps, forKey: .warmupSteps)
      try container.encode(finalFraction, forKey: .finalFraction)
    case .plateau(let factor, let patience, let threshold, let minimumFraction):
      try container.encode(factor, forKey: .factor)
      try container.encode(patience, forKey: .patience)
      try container.encode(threshold, forKey: .threshold)
      try container.encode(minimumFraction, forKey: .minimumFraction)
    }
  }
}
