extension OptimizerChoice {
  /// Checks every number.
  ///
  /// - Throws: ``OptimizationError`` for the first that cannot be.
  public func validate() throws {
    switch self {
    case .adamW(let options):
      try Self.check(beta1: options.beta1, beta2: options.beta2)
      try Self.check(epsilon: options.epsilon, weightDecay: options.weightDecay)
    case .sgd(let options):
      try Self.check(part: options.momentum, of: "--momentum")
      try OptimizationError.require(
        !options.isNesterov || options.momentum > 0, option: "--momentum",
        expected: "a number above 0, since Nesterov's look ahead needs one", found: options.momentum)
      try Self.check(weightDecay: options.weightDecay)
    case .rmsprop(let options):
      try Self.check(part: options.alpha, of: "--alpha")
      try Self.check(part: options.momentum, of: "--momentum")
      try Self.check(epsilon: options.epsilon, weightDecay: options.weightDecay)
    case .adagrad(let options): try Self.check(epsilon: options.epsilon, weightDecay: options.weightDecay)
    case .averagedSGD(let options):
      let interval = options.nonMonotoneInterval ?? 0
      try OptimizationError.require(
        interval >= 0, option: "--non-monotone-interval", expected: "0 or more", found: Double(interval))
      try Self.check(weightDecay: options.weightDecay)
    }
  }

  private static func check(beta1: Double, beta2: Double) throws {
    try check(part: beta1, of: "--beta1")
    try check(part: beta2, of: "--beta2")
  }

  private static func check(part: Double, of option: String) throws {
    try OptimizationError.require(
      part >= 0 && part < 1, option: option, expected: "a number from 0 to below 1", found: part)
  }

  private static func check(epsilon: Double? = nil, weightDecay: Double) throws {
    if let epsilon {
      try OptimizationError.require(
        SinglePrecision.isPositive(epsilon), option: "--epsilon", expected: SinglePrecision.positive, found: epsilon)
    }
    try OptimizationError.require(
      weightDecay >= 0 && Float(weightDecay).isFinite, option: "--weight-decay", expected: "a finite number, 0 or more",
      found: weightDecay)
  }
}
