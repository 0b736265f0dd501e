import ArgumentParser
import Tsuzuri

/// The numbers that some optimizers have.
struct OptimizerOptions: SettingsGroup {
  @Option(
    parsing: .unconditional,
    help: .setting("momentum", "For sgd and rmsprop: how much of the last step goes on.", valueName: "number"))
  var momentum: String?

  @Flag(inversion: .prefixedNo, help: "For sgd with momentum: take the gradient to stand where that leads.")
  var nesterov: Bool?

  @Option(
    parsing: .unconditional,
    help: .setting("beta1", "For adamw and adam: how much of the gradient's mean is kept.", valueName: "number"))
  var beta1: String?

  @Option(
    parsing: .unconditional,
    help: .setting("beta2", "For adamw and adam: how much of its mean square is kept.", valueName: "number"))
  var beta2: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "For adamw, adam, rmsprop (default: 1e-8) and adagrad (1e-10): what keeps their divisor from zero.",
      valueName: "number"))
  var epsilon: String?

  @Option(
    parsing: .unconditional,
    help: .setting("alpha", "For rmsprop: how much of the mean square is kept.", valueName: "number"))
  var alpha: String?

  @Flag(inversion: .prefixedNo, help: "For rmsprop: take the squares around the gradient's mean.")
  var centered: Bool?

  @Option(
    parsing: .unconditional,
    help: .setting(
      "non-monotone-interval",
      "For nt-asgd: weights are averaged after a validation that is worse than the best of those so long ago.",
      valueName: "n"))
  var nonMonotoneInterval: String?

  var given: [String: String?] {
    [
      "momentum": momentum, "nesterov": nesterov.map(String.init), "beta1": beta1, "beta2": beta2, "epsilon": epsilon,
      "alpha": alpha, "centered": centered.map(String.init), "non-monotone-interval": nonMonotoneInterval,
    ]
  }
}

extension Settings {
  /// Which optimizers have a number of their own.
  private static let optimizersByOption: [(option: String, optimizers: [String])] = [
    ("momentum", ["sgd", "rmsprop"]), ("nesterov", ["sgd"]), ("beta1", ["adamw", "adam"]),
    ("beta2", ["adamw", "adam"]), ("epsilon", ["adamw", "adam", "rmsprop", "adagrad"]), ("alpha", ["rmsprop"]),
    ("centered", ["rmsprop"]), ("non-monotone-interval", ["nt-asgd"]),
  ]

  /// The optimizer with its numbers.
  func optimizer() throws -> OptimizerChoice {
    let weightDecay = try number("weight-decay", expected: "a finite number, 0 or more") {
      $0 >= 0 && Float($0).isFinite
    }
    func part(_ name: String) throws -> Double {
      try number(name, expected: "a number from 0 to below 1") { $0 >= 0 && $0 < 1 }
    }
    let numbers = OptimizerChoice.Numbers(
      momentum: try part("momentum"), isNesterov: flag("nesterov"), beta1: try part("beta1"), beta2: try part("beta2"),
      epsilon: try optionalText("epsilon").map { _ in
        try number("epsilon", expected: SinglePrecision.positive, SinglePrecision.isPositive)
      }, alpha: try part("alpha"), isCentered: flag("centered"),
      nonMonotoneInterval: try wholeNumber("non-monotone-interval", in: 0...1_000_000))
    let name = text("optimizer")
    for (option, optimizers) in Self.optimizersByOption where OptimizerChoice.names.contains(name) {
      try checkBelongs(option, to: "optimizer", among: optimizers)
    }
    return try Self.asUsage { try OptimizerChoice(named: name, weightDecay: weightDecay, numbers: numbers) }
  }

  /// Refuses an option that was given another value than its default beside a choice that has no use for it.
  func checkBelongs(_ option: String, to kind: String, among choices: [String]) throws {
    guard given.contains(option), !choices.contains(text(kind)) else { return }
    if let value = Settings.defaults[option], Self.isSame(value, text(option)) { return }
    let names = choices.map { "'\($0)'" }
    throw ValidationError(
      "--\(option): only the \(kind)\(names.count == 1 ? "" : "s") "
        + "\(names.count == 1 ? names[0] : names.dropLast().joined(separator: ", ") + " and " + names[names.count - 1]) "
        + "\(names.count == 1 ? "has" : "have") it. Leave the option out.")
  }
}
