/// Which optimizer a run uses, with its options: what `config.json` and the checkpoint hold of it.
public enum OptimizerChoice: Sendable, Hashable {
  /// ``AdamW``, by the name `adamw` or, where weight decay joins the gradient, `adam`.
  case adamW(AdamW.Options)
  /// ``SGD``, by the name `sgd`.
  case sgd(SGD.Options)
  /// ``RMSprop``, by the name `rmsprop`.
  case rmsprop(RMSprop.Options)
  /// ``Adagrad``, by the name `adagrad`.
  case adagrad(Adagrad.Options)
  /// ``AveragedSGD``, by the name `asgd` or, where it waits for validations to tell when, `nt-asgd`.
  case averagedSGD(AveragedSGD.Options)

  /// The names that `--optimizer` takes.
  public static let names = ["adamw", "adam", "sgd", "rmsprop", "adagrad", "asgd", "nt-asgd"]

  /// The numbers that some optimizers have and others do not; nil stands for the optimizer's own.
  public struct Numbers: Sendable, Hashable {
    /// For `sgd` and `rmsprop`.
    public var momentum: Double?
    /// For `sgd` with momentum.
    public var isNesterov: Bool
    /// For `adamw` and `adam`.
    public var beta1: Double?
    /// For `adamw` and `adam`.
    public var beta2: Double?
    /// For `adamw`, `adam`, `rmsprop` and `adagrad`.
    public var epsilon: Double?
    /// For `rmsprop`.
    public var alpha: Double?
    /// For `rmsprop`.
    public var isCentered: Bool
    /// For `nt-asgd`.
    public var nonMonotoneInterval: Int?

    /// The optimizer's own numbers, but for those that are given.
    public init(
      momentum: Double? = nil, isNesterov: Bool = false, beta1: Double? = nil, beta2: Double? = nil,
      epsilon: Double? = nil, alpha: Double? = nil, isCentered: Bool = false, nonMonotoneInterval: Int? = nil
    ) {
      self.momentum = momentum
      self.isNesterov = isNesterov
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.alpha = alpha
      self.isCentered = isCentered
      self.nonMonotoneInterval = nonMonotoneInterval
    }
  }

  /// The optimizer called `name`.
  ///
  /// - Parameters:
  ///   - name: One of ``names``.
  ///   - weightDecay: The weight decay in that optimizer's own sense.
  ///   - numbers: What else it has; what it has not is left alone.
  /// - Throws: ``OptimizationError`` for an unknown name or an impossible number.
  public init(named name: String, weightDecay: Double = 0, numbers: Numbers = Numbers()) throws {
    switch name {
    case "adamw", "adam":
      var options = AdamW.Options(weightDecay: weightDecay, couplesWeightDecay: name == "adam")
      options.beta1 = numbers.beta1 ?? options.beta1
      options.beta2 = numbers.beta2 ?? options.beta2
      options.epsilon = numbers.epsilon ?? options.epsilon
      self = .adamW(options)
    case "sgd":
      self = .sgd(
        SGD.Options(momentum: numbers.momentum ?? 0, isNesterov: numbers.isNesterov, weightDecay: weightDecay))
    case "rmsprop":
      var options = RMSprop.Options(isCentered: numbers.isCentered, weightDecay: weightDecay)
      options.alpha = numbers.alpha ?? options.alpha
      options.epsilon = numbers.epsilon ?? options.epsilon
      options.momentum = numbers.momentum ?? options.momentum
      self = .rmsprop(options)
    case "adagrad":
      var options = Adagrad.Options(weightDecay: weightDecay)
      options.epsilon = numbers.epsilon ?? options.epsilon
      self = .adagrad(options)
    case "asgd": self = .averagedSGD(AveragedSGD.Options(weightDecay: weightDecay))
    case "nt-asgd":
      self = .averagedSGD(
        AveragedSGD.Options(
          nonMonotoneInterval: numbers.nonMonotoneInterval ?? Self.standardNonMonotoneInterval, weightDecay: weightDecay
        ))
    default: throw OptimizationError.unknownName(option: "--optimizer", choices: Self.names, found: name)
    }
    try validate()
  }

  /// n of `nt-asgd` where none is given: that of Merity, Keskar & Socher.
  public static let standardNonMonotoneInterval = 5

  /// The optimizer's name, as `--optimizer` takes it.
  public var name: String {
    switch self {
    case .adamW(let options): options.couplesWeightDecay ? "adam" : "adamw"
    case .sgd: "sgd"
    case .rmsprop: "rmsprop"
    case .adagrad: "adagrad"
    case .averagedSGD(let options): options.nonMonotoneInterval == nil ? "asgd" : "nt-asgd"
    }
  }

  /// n, where the optimizer waits for validations to tell when its averaging begins.
  public var nonMonotoneInterval: Int? {
    if case .averagedSGD(let options) = self { options.nonMonotoneInterval } else { nil }
  }

  /// The optimizer itself, with nothing remembered yet.
  ///
  /// - Parameter parameterCount: How many parameters the flat buffer holds.
  public func makeOptimizer(parameterCount: Int) -> any Optimizer {
    switch self {
    case .adamW(let options): AdamW(parameterCount: parameterCount, options: options)
    case .sgd(let options): SGD(parameterCount: parameterCount, options: options)
    case .rmsprop(let options): RMSprop(parameterCount: parameterCount, options: options)
    case .adagrad(let options): Adagrad(parameterCount: parameterCount, options: options)
    case .averagedSGD(let options): AveragedSGD(parameterCount: parameterCount, options: options)
    }
  }
}

extension OptimizerChoice: Codable {
  private enum CodingKeys: String, CodingKey { case name }

  /// Reads `{"name": "adamw", "beta1": 0.9, …}`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    switch try container.decode(String.self, forKey: .name) {
    case let name where name == "adamw" || name == "adam":
      var options = try AdamW.Options(from: decoder)
      options.couplesWeightDecay = name == "adam"
      self = .adamW(options)
    case "sgd": self = .sgd(try SGD.Options(from: decoder))
    case "rmsprop": self = .rmsprop(try RMSprop.Options(from: decoder))
    case "adagrad": self = .adagrad(try Adagrad.Options(from: decoder))
    // The interval tells the two apart.
    case "asgd", "nt-asgd": self = .averagedSGD(try AveragedSGD.Options(from: decoder))
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
    case .rmsprop(let options): try options.encode(to: encoder)
    case .adagrad(let options): try options.encode(to: encoder)
    case .averagedSGD(let options): try options.encode(to: encoder)
    }
  }
}
