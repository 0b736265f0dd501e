import ArgumentParser
import Tsuzuri

/// The search for a learning rate, which takes the place of a run.
struct FinderOptions: ParsableArguments {
  @Flag(
    help: """
      Train no model: try growing rates over some hundred steps, draw the loss over the rate, and suggest one (a tenth of \
      the rate with the lowest loss).
      """)
  var findLearningRate = false

  @Option(parsing: .unconditional, help: ArgumentHelp("The first rate to try (default: 1e-6).", valueName: "number"))
  var findFrom: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("The last rate to try (default: 100).", valueName: "number"))
  var findTo: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("How many rates to try (default: 300).", valueName: "n"))
  var findSteps: String?

  @Option(help: ArgumentHelp("Where the drawing is written as a picture, too.", valueName: "file"))
  var svg: String?

  /// What the library takes.
  func options() throws -> LearningRateFinder.Options {
    var options = LearningRateFinder.Options()
    func number(_ name: String, _ text: String?) throws -> Double? {
      guard let text else { return nil }
      guard let number = Double(text), SinglePrecision.isPositive(number) else {
        throw ValidationError(Settings.message(name, expected: SinglePrecision.positive, found: text))
      }
      return number
    }
    options.lowest = try number("find-from", findFrom) ?? options.lowest
    options.highest = try number("find-to", findTo) ?? options.highest
    if let findSteps { options.steps = try Settings.wholeNumber(findSteps, "find-steps", in: 10...1_000_000) }
    try Settings.asUsage { try options.validate() }
    return options
  }

  func validate() throws {
    _ = try options()
    if findLearningRate { return }
    for (name, value) in [("find-from", findFrom), ("find-to", findTo), ("find-steps", findSteps), ("svg", svg)]
    where value != nil {
      throw ValidationError("--\(name): only --find-learning-rate has it. Leave the option out.")
    }
  }
}
