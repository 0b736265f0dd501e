import Tsuzuri

/// What a run came to, for programs and for people.
enum TrainingSummary {
  /// The contract's keys.
  static func json(_ result: TrainingResult, model: String) -> JSON {
    .object([
      ("steps", .whole(result.steps)), ("tokens", .whole(result.tokens)), ("seconds", .number(result.seconds)),
      ("tokens_per_second", .number(result.tokensPerSecond)), ("training_loss", .optional(result.trainingLoss)),
      ("validation_loss", .optional(result.validationLoss)), ("parameters", .whole(result.parameters)),
      ("model", .string(model)), ("skipped_steps", .whole(result.skippedSteps)), ("setbacks", .whole(result.setbacks)),
    ])
  }

  /// A table.
  static func lines(_ result: TrainingResult, model: String, measure: ModelMeasure) -> [String] {
    func loss(_ value: Double?) -> String {
      value.map { "\(Figures.decimals($0, 4)) nats a token (\(measure.perplexity) \(Figures.perplexity(ofLoss: $0)))" }
        ?? "none"
    }
    var astray: [(String, String)] = []
    if result.skippedSteps > 0 { astray.append(("steps not taken", Figures.count(result.skippedSteps))) }
    if result.setbacks > 0 { astray.append(("setbacks", "\(result.setbacks), each with half the learning rate")) }
    return Table.lines(
      [
        ("model", model), ("parameters", Figures.count(result.parameters)), ("steps", Figures.count(result.steps)),
        (
          "tokens",
          "\(Figures.count(result.tokens)) in \(Figures.duration(result.seconds)), "
            + "\(Figures.rate(result.tokensPerSecond)) a second"
        ),
        ("training loss", loss(result.trainingLoss)), ("validation loss", loss(result.validationLoss)),
      ] + astray)
  }
}
