import ArgumentParser
import Tsuzuri

/// Which model measures a text, or which models together.
struct MixtureOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The model's folder (default: model). Given several times, the models' probabilities are mixed; they must have "
        + "the same vocabulary.", valueName: "dir"))
  var model: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How much each model has to say, such as 0.7,0.3 (default: each as much).", valueName: "numbers"))
  var weights: String?

  @Option(
    help: ArgumentHelp(
      "A text on which the best weights are found, and what else has no value yet. Not the one that is measured.",
      valueName: "file"))
  var tune: String?

  /// The folders.
  var folders: [String] { model.isEmpty ? ["model"] : model }

  func validate() throws {
    if weights != nil { try requireSeveral("weights") }
    if weights != nil, tune != nil {
      throw ValidationError("--weights, --tune: the weights are given or found. Leave one out.")
    }
    _ = try givenWeights()
  }

  /// Stops where an option means something between models only, and there is one.
  func requireSeveral(_ name: String) throws {
    if folders.count > 1 { return }
    throw ValidationError("--\(name): there is one model only. Name others with --model, or leave the option out.")
  }

  /// The weights that were given.
  func givenWeights() throws -> [Double]? {
    guard let weights else { return nil }
    let numbers = weights.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
    guard numbers.count == folders.count, numbers.allSatisfy({ $0 >= 0 }), abs(numbers.reduce(0, +) - 1) < 1e-6 else {
      throw ValidationError(
        Settings.message(
          "weights", expected: "\(folders.count) numbers of 0 or more with commas between them and a sum of 1",
          found: weights))
    }
    return numbers
  }

  /// Reads the models, and warns where one was made with another ICU.
  func load(_ screen: Screen, adaptation: Adaptation? = nil) throws -> MeasuredModels {
    let models = try folders.map { folder in
      let model = try ModelFolder(folder).loadAny()
      if let warning = model.tokenizer.configuration.icuVersionWarning { screen.warn(warning) }
      return (folder, model)
    }
    return try MeasuredModels(models, weights: givenWeights(), tuningText: tune, adaptation: adaptation)
  }
}
