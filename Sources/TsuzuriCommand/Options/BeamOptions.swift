import ArgumentParser
import Tsuzuri

/// A search for the likeliest text.
struct BeamOptions: SettingsGroup {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Search for the likeliest text, with n beginnings side by side.", valueName: "n"))
  var beam: String?

  @Option(
    parsing: .unconditional,
    help: .setting(
      "length-penalty", "The exponent of the length by which the search compares texts; 0 favours short ones.",
      valueName: "number"))
  var lengthPenalty: String?

  var given: [String: String?] { ["beam": beam, "length-penalty": lengthPenalty] }

  func validate() throws {
    if beam == nil, lengthPenalty != nil {
      throw ValidationError("--length-penalty: only --beam has it. Leave the option out.")
    }
    _ = try search()
  }

  /// The search; nil where none is asked for.
  func search() throws -> BeamSearch? {
    if beam == nil { return nil }
    let settings = Settings(self)
    let width = try settings.wholeNumber("beam", in: 1...BeamSearch.maximumWidth)
    let penalty = try settings.number("length-penalty", expected: "a finite number, 0 or more") {
      $0 >= 0 && $0.isFinite
    }
    return try BeamSearch(width: width, lengthPenalty: penalty)
  }

  /// Refuses what has no place beside a search.
  func check(_ request: GenerationRequest, _ sampling: SamplingOptions) throws {
    guard let beam = try search() else { return }
    let allowed: Set = ["no-repeat-ngram"]
    for (name, value) in sampling.given.sorted(by: { $0.key < $1.key }) where value != nil && !allowed.contains(name) {
      throw ValidationError("--\(name), --beam: a search takes the likeliest text and draws nothing. Leave one out.")
    }
    for text in sampling.logitBias where try LogitBiasOption(text).value.isFinite {
      throw ValidationError(
        "--logit-bias \(text), --beam: a search goes by the model's own probabilities. Only -inf, which forbids a token, "
          + "has a place beside it.")
    }
    let samples = try request.options(rules: .standard).sampleCount
    if samples > beam.width {
      throw ValidationError(
        "--num-samples: expected at most as many as the beam is wide, \(beam.width), found \(samples). "
          + "Give a wider --beam.")
    }
  }
}
