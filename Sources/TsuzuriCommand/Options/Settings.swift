/// Options by name, each with the text of its value: what the command line says, over what stands elsewhere.
///
/// The texts are kept, and not only what they mean, because `config.json` tells them again, and a resumed run compares
/// them with what it is given.
struct Settings {
  /// The values of options that nobody gives. What is missing here has no value then.
  static let defaults: [String: String] = [
    "level": "character", "locale": "ja", "encoding": "auto", "lossy": "false", "normalization": "nfc",
    "strip-ruby": "false", "min-count": "1", "validation": "0.05",
    "cell": "lstm", "layers": "2", "hidden-size": "256", "embedding-size": "128", "tie-embeddings": "false",
    "dropout": "0", "context": "5", "residual": "false", "projection-size": "none", "layer-norm": "false",
    "bidirectional": "false", "learn-initial-state": "false",
    "variational-dropout": "false", "embedding-dropout": "0", "weight-dropout": "0",
    "activation-regularization": "0", "temporal-activation-regularization": "0", "label-smoothing": "0",
    "batch-size": "32", "sequence-length": "64", "random-sequence-length": "false", "optimizer": "adamw",
    "learning-rate": "0.002",
    "schedule": "cosine", "weight-decay": "0", "momentum": "0", "nesterov": "false", "beta1": "0.9",
    "beta2": "0.999", "alpha": "0.99", "centered": "false", "non-monotone-interval": "5", "warmup-steps": "0",
    "final-learning-rate-fraction": "0", "step-after": "4", "step-factor": "2", "plateau-factor": "0.5",
    "plateau-patience": "2", "one-cycle-rise": "0.3", "clip-norm": "1", "clip-value": "off", "shares": "2",
    "epochs": "10", "max-steps": "none", "time-limit": "none", "checkpoint-every": "60s", "divergence-retries": "5",
    "seed": "1",
    "validate-every": "epoch", "patience": "none", "initial-weights": "standard", "adaptive-softmax": "none",
    "sampled-softmax": "none",
    "order": "5", "document": "text",
    "max-tokens": "200", "min-tokens": "0", "num-samples": "1", "temperature": "0.8", "top-k": "0", "typical-p": "1",
    "top-p": "1", "min-p": "0", "repetition-penalty": "1", "presence-penalty": "0", "frequency-penalty": "0",
    "repetition-window": "64", "no-repeat-ngram": "0", "length-penalty": "0.6",
    "batch": "32",
  ]

  /// All values by name.
  private(set) var values: [String: String]
  /// The options that were given, and not taken from elsewhere.
  let given: Set<String>

  /// What `groups` were given, over `base`.
  init(_ groups: any SettingsGroup..., over base: [String: String] = Settings.defaults) {
    self.init(groups, over: base)
  }

  /// What `groups` were given, over `base`.
  init(_ groups: [any SettingsGroup], over base: [String: String] = Settings.defaults) {
    values = base
    var given: Set<String> = []
    for (name, value) in groups.flatMap(\.given) {
      guard let value else { continue }
      values[name] = value
      given.insert(name)
    }
    self.given = given
  }

  /// Gives an option a value that follows from another's.
  mutating func set(_ name: String, to text: String) { values[name] = text }

  /// The text of an option that has a default.
  func text(_ name: String) -> String { values[name] ?? "" }

  /// The text of an option that may have no value.
  func optionalText(_ name: String) -> String? { values[name] }

  /// Whether a flag is set.
  func flag(_ name: String) -> Bool { values[name] == "true" }

  /// Whether two texts of an option's value mean the same.
  static func isSame(_ a: String, _ b: String) -> Bool {
    if a == b { return true }
    guard let a = Double(a), let b = Double(b) else { return false }
    return a == b
  }
}
