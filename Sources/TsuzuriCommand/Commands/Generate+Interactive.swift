import Tsuzuri

extension Generate {
  /// Reads and writes turn by turn.
  func converse(
    _ loaded: StoredModel, seed: UInt64, prompt: String, bans: [String], _ screen: Screen
  ) throws {
    if request.seed == nil { screen.state("seed \(seed)") }
    let writing = try loaded.session(seed: seed, threads: try threads.count())
    var session = try InteractiveSession(
      writing, loaded.tokenizer.vocabulary, settings: Settings(request, sampling),
      lists: ["stop": request.stop, "ban": request.ban + bans, "logit-bias": sampling.logitBias], screen)
    try session.run(first: prompt.isEmpty ? nil : prompt)
  }
}
