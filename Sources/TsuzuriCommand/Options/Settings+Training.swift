import ArgumentParser
import Tsuzuri

/// What the options of `train` mean together.
extension Settings {
  /// How the model is trained.
  func trainingConfiguration() throws -> TrainingConfiguration {
    let sizes = 1...1_000_000
    let rate = try number("learning-rate", expected: SinglePrecision.positive, SinglePrecision.isPositive)
    var configuration = TrainingConfiguration(
      batchSize: try wholeNumber("batch-size", in: sizes),
      sequenceLength: try wholeNumber("sequence-length", in: sizes), optimizer: try optimizer(), learningRate: rate,
      schedule: try schedule(), clipping: try clipping(), epochs: try wholeNumber("epochs", in: 1...1_000_000_000),
      maximumSteps: try wholeNumber("max-steps", in: 1...(.max), or: "none"), timeLimitSeconds: try timeLimit(),
      checkpointInterval: try checkpointInterval(),
      divergenceRetries: try wholeNumber("divergence-retries", in: 0...1000), seed: try seed(),
      shares: try wholeNumber("shares", in: 1...4096), hasRandomWindows: flag("random-sequence-length"))
    configuration.validationInterval = try validationInterval()
    configuration.patience = try wholeNumber("patience", in: 1...(.max), or: "none")
    configuration.initialWeights = try initialWeights()
    configuration.sampledTokens = try wholeNumber("sampled-softmax", in: 1...10_000_000, or: "none")
    try Self.asUsage { try configuration.validate() }
    return configuration
  }

  /// What the loss is watched on.
  func validationSource() throws -> ValidationSource {
    let text = text("validation")
    guard let fraction = Double(text) else { return .texts(try CorpusListing.sources(at: [text])) }
    return fraction == 0 ? .none : .fraction(fraction)
  }

  /// Checks what can be checked without a file.
  func checkTraining() throws {
    let level = try tokenizerConfiguration().level
    try checkVocabularyOptions()
    if optionalText("vocabulary") == nil { _ = try vocabularyOptions(for: level) }
    let document: DocumentUnit = try choice("document")
    // The vocabulary's size is not known yet; any that clusters fit into will do for the other checks.
    let clustered = min(10_000_000, try adaptiveCutoffs().last ?? 0)
    _ = try modelConfiguration(vocabularySize: max(1000, clustered + 1), resetTokens: document == .line ? [0] : [])
    _ = try trainingConfiguration()
    try checkValidation()
    try checkValidationsCome()
  }

  private func validationInterval() throws -> ValidationInterval {
    guard let interval = ValidationInterval(text("validate-every")) else {
      throw ValidationError(
        Self.message(
          "validate-every", expected: "a number of steps such as 500, or of epochs such as 5epochs, or epoch",
          found: text("validate-every")))
    }
    return interval
  }

  private func initialWeights() throws -> InitialWeights {
    guard let weights = InitialWeights(text("initial-weights")) else {
      throw ValidationError(
        Self.message(
          "initial-weights",
          expected: "standard, awd-lstm, or uniform: with a positive finite number, as in uniform:0.1",
          found: text("initial-weights")))
    }
    return weights
  }

  /// Refuses what waits for validations where there are none.
  private func checkValidationsCome() throws {
    guard Double(text("validation")) == 0 else { return }
    let waiting = [
      ("--validate-every", text("validate-every") != "epoch"), ("--patience", text("patience") != "none"),
      ("--optimizer nt-asgd", text("optimizer") == "nt-asgd"), ("--schedule plateau", text("schedule") == "plateau"),
    ]
    for (option, isGiven) in waiting where isGiven {
      throw ValidationError("\(option): it goes by the validation loss, and --validation is 0. Leave one of them out.")
    }
  }

  /// Checks that a fraction is one.
  func checkValidation() throws {
    if let fraction = Double(text("validation")), !(fraction >= 0 && fraction < 1) {
      throw ValidationError(
        Self.message(
          "validation", expected: "a fraction from 0 up to, not including, 1, or a file", found: text("validation")))
    }
  }

  /// Whether a run with another value of the option would end in other weights.
  static func decidesResult(_ name: String) -> Bool { name != "checkpoint-every" }

  /// The values that a run takes over from the model whose weights it starts from.
  static func values(startingFrom source: TextModel) -> [String: String] {
    let (shape, text) = (source.model.configuration, values(of: source.tokenizer.configuration))
    return [
      "cell": shape.cell.rawValue, "layers": "\(shape.layers)", "hidden-size": "\(shape.hiddenSize)",
      "embedding-size": "\(shape.embeddingSize)", "tie-embeddings": "\(shape.tiesEmbeddings)",
      "projection-size": shape.projectionSize.map(String.init) ?? "none", "layer-norm": "\(shape.normalizesGates)",
      "context": "\(shape.context)", "document": "\(shape.resetTokens.isEmpty ? "text" : "line")",
      "residual": "\(shape.isResidual)", "learn-initial-state": "\(shape.learnsInitialState)",
      "bidirectional": "\(shape.isBidirectional)",
      "adaptive-softmax": shape.adaptiveCutoffs.isEmpty
        ? "none" : shape.adaptiveCutoffs.map(String.init).joined(separator: ","),
    ].merging(text.filter { ["level", "locale", "normalization"].contains($0.key) }) { $1 }
  }

  private func timeLimit() throws -> Double? {
    if text("time-limit") == "none" { return nil }
    return try number("time-limit", expected: "a positive finite number of seconds") { $0 > 0 && $0.isFinite }
  }

  private func checkpointInterval() throws -> TrainingConfiguration.CheckpointInterval {
    let text = text("checkpoint-every")
    if let steps = Int(text), steps > 0 { return .steps(steps) }
    if text.hasSuffix("s"), let seconds = Double(text.dropLast()), seconds > 0, seconds.isFinite {
      return .seconds(seconds)
    }
    throw ValidationError(
      Self.message(
        "checkpoint-every", expected: "a number of steps such as 500, or of seconds such as 60s", found: text))
  }
}
