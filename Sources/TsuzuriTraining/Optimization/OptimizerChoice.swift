/// Which optimizer a run uses, with its options: what `config.json` and the checkpoint hold of it.
public enum OptimizerChoice: Sendable, Hashable {
  /// ``AdamW``, by the name `adamw`.
  case adamW(AdamW.Options)
  /// ``SGD``, by the name `sgd`.
  case sgd(SGD.Options)

  /// The names that `--optimizer` takes.
  public static let names = ["adamw", "sgd"]

  /// The optimizer called `name`.
  ///
  /// - Parameters:
  ///   - name: One of ``names``.
  ///   - weightDecay: The weight decay in that optimizer's own sense.
  ///   - momentum: For `sgd`; others have none.
  ///   - isNesterov: For `sgd` with momentum.
  /// - Throws: ``OptimizationError`` for an unknown name or an impossible number.
  public init(named name: String, weightDecay: Double = 0, momentum: Double = 0, isNesterov: Bool = false) throws {
    switch name {
    case "adamw": self = .adamW(AdamW.Options(weightDecay: weightDecay))
    case "sgd": self = .sgd(SGD.Options(momentum: momentum, isNesterov: isNesterov, weightDecay: weightDecay))
    default: throw OptimizationError.unknownName(option: "--optimizer", choices: Self.names, found: name)
    }
    try validate()
  }

  /// The optimizer's name, as `--optimizer` takes it.
  public var name: String {
    switch self {
    case .adamW: "adamw"
    case .sgd: "sgd"
    }
  }

  /// Checks every number.
  ///
  /// - Throws: ``OptimizationError`` for the first that cannot be.
  public func validate() throws {
    let weightDecay: Double
    switch self {
    case .adamW(let options):
      weightDecay = options.weightDecay
      for (option, beta) in [("--beta1", options.beta1), ("--beta2", options.beta2)] {
        try OptimizationError.require(
          beta >= 0 && beta < 1, option: option, expected: "a number from 0 to below 1", found: beta)
      }
      try OptimizationError.require(
        options.epsilon > 0 && options.epsilon.isFinite, option: "--epsilon", expected: "a positive finite number",
        found: options.epsilon)
    case .sgd(let options):
      weightDecay = options.weightDecay
      try OptimizationError.require(
        options.momentum >= 0 && options.momentum < 1, option: "--momentum",
        expected: "a number from 0 to below 1", found: options.momentum)
      try OptimizationError.require(
        !options.isNesterov || options.momentum > 0, option: "--momentum",
        expected: "a number above 0, since Nesterov's look ahead needs one", found: options.momentum)
    }
    try OptimizationError.require(
      weightDecay >= 0 && weightDecay.isFinite, option: "--weight-decay", expected: "a finite number, 0 or more",
      found: weightDecay)
  }

  /// The optimizer itself, with nothing remembered yet.
  ///
  /// - Parameter parameterCount: How many parameters the flat buffer holds.
  public func makeOptimizer(parameterCount: Int) -> any Optimizer {
    switch self {
    case .adamW(let options): AdamW(parameterCount: parameterCount, options: options)
    case .sgd(let options): SGD(parameterCount: parameterCount, options: options)
    }
  }
}

extension OptimizerChoice: Codable {
  private enum CodingKeys: String, CodingKey { case name }

  /// Reads `{"name": "adamw", "beta1": 0.9, …}`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    switch try container.decode(String.self, forKey: .name) {
    case "adamw": self = .adamW(try AdamW.Options(from: decoder))
    case "sgd": self = .sgd(try SGD.Options(from: decoder))
    case let name: throw OptimizationError.unknownName(option: "optimizer", choices: Self.names, found: name)
    }
    try validate()
  }

  /// Writes the name beside the options.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    switch self {
    case .adamW(let options): try options.encode(to: encoder)
    case .sgd(let options): try options.encode(to: encoder)
    }
  }
}
