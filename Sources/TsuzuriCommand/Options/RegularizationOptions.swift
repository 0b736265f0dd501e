import ArgumentParser
import Tsuzuri

/// What keeps a model from learning its text by heart.
struct RegularizationOptions: SettingsGroup {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The share dropped after the embedding (default: that of --dropout).", valueName: "p"))
  var inputDropout: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The share dropped between layers (default: that of --dropout).", valueName: "p"))
  var hiddenDropout: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The share dropped before the output (default: that of --dropout).", valueName: "p"))
  var outputDropout: String?

  @Flag(
    inversion: .prefixedNo,
    help: "Drop the same elements of a lane at every step of a window (variational, or locked, dropout).")
  var variationalDropout: Bool?

  @Option(
    parsing: .unconditional,
    help: .setting("embedding-dropout", "The share of tokens that a step reads as nothing.", valueName: "p"))
  var embeddingDropout: String?

  @Option(
    parsing: .unconditional,
    help: .setting(
      "weight-dropout", "The share dropped of the matrices from state to state (DropConnect).", valueName: "p"))
  var weightDropout: String?

  @Option(
    parsing: .unconditional,
    help: .setting(
      "activation-regularization", "What large outputs of the last layer cost (AR, alpha).", valueName: "number"))
  var activationRegularization: String?

  @Option(
    parsing: .unconditional,
    help: .setting(
      "temporal-activation-regularization", "What changes of them from step to step cost (TAR, beta).",
      valueName: "number"))
  var temporalActivationRegularization: String?

  @Option(
    parsing: .unconditional,
    help: .setting("label-smoothing", "The share of the target's probability that all tokens get.", valueName: "p"))
  var labelSmoothing: String?

  var given: [String: String?] {
    [
      "input-dropout": inputDropout, "hidden-dropout": hiddenDropout, "output-dropout": outputDropout,
      "variational-dropout": variationalDropout.map(String.init), "embedding-dropout": embeddingDropout,
      "weight-dropout": weightDropout, "activation-regularization": activationRegularization,
      "temporal-activation-regularization": temporalActivationRegularization, "label-smoothing": labelSmoothing,
    ]
  }
}

extension Settings {
  /// All of it.
  func regularization() throws -> Regularization {
    Regularization(
      inputDropout: try optionalText("input-dropout").map { _ in try probability("input-dropout") },
      hiddenDropout: try optionalText("hidden-dropout").map { _ in try probability("hidden-dropout") },
      outputDropout: try optionalText("output-dropout").map { _ in try probability("output-dropout") },
      isVariational: flag("variational-dropout"), embeddingDropout: try probability("embedding-dropout"),
      weightDropout: try probability("weight-dropout"), activationPenalty: try penalty("activation-regularization"),
      temporalPenalty: try penalty("temporal-activation-regularization"),
      labelSmoothing: try probability("label-smoothing"))
  }

  /// The probability of dropping something.
  func probability(_ name: String) throws -> Float {
    Float(try number(name, expected: "a number from 0 up to, not including, 1") { $0 >= 0 && Float($0) < 1 })
  }

  private func penalty(_ name: String) throws -> Float {
    Float(try number(name, expected: "a finite number, 0 or more") { $0 >= 0 && Float($0).isFinite })
  }
}
