internal import TsuzuriModel
internal import TsuzuriText

/// The search that ``MaskFiller`` describes.
struct FillBeam {
  let model: LanguageModel
  let prompt: MaskedPrompt
  let candidates: FillCandidates
  /// How many sequences are kept.
  let width: Int

  /// A sequence in the making.
  private struct Hypothesis {
    var tokens: [Int32] = []
    var score = 0.0
    /// The forward stack's features before each filled place [place][H].
    var features: [[Float]] = []
    /// The bytes of an unfinished scalar at its end.
    var pending: [UInt8] = []
    /// Which sequence of the step before it goes on from.
    var parent = 0
  }

  /// The filled places' tokens with the scores that they have in the whole text, the best first.
  ///
  /// - Throws: `GenerationError.invalidLogit`.
  func sequences() throws -> [(tokens: [Int32], logProbability: Double)] {
    let H = model.configuration.outputSize
    var session = DirectedSession(model: model, direction: .forward)
    session.feed(toAll: [Vocabulary.endOfText] + prompt.parts[0])
    var hypotheses = [Hypothesis()]
    for place in prompt.places.indices {
      let behind = featuresBehind(place)
      let logits = model.jointLogits(
        forward: session.features, backward: (0..<hypotheses.count).flatMap { _ in behind })
      for n in hypotheses.indices { hypotheses[n].features.append(Array(session.features[n * H..<(n + 1) * H])) }
      hypotheses = try extended(hypotheses, by: logits, at: place)
      if place == prompt.places.count - 1 || hypotheses.isEmpty { break }
      session = session.branch(from: hypotheses.map(\.parent))
      session.feed(hypotheses.map { $0.tokens[place] })
      session.feed(toAll: prompt.parts[place + 1])
    }
    if prompt.places.count > 1, !hypotheses.isEmpty { try rescore(&hypotheses) }
    return hypotheses.sorted(by: Self.precedes).map { ($0.tokens, $0.score) }
  }

  /// The backward stack's features at a place: of what stands between it and the next place, or the text's end.
  private func featuresBehind(_ place: Int) -> [Float] {
    let session = DirectedSession(model: model, direction: .backward)
    session.feed(toAll: prompt.parts[place + 1].reversed())
    return session.features
  }

  /// The best sequences that are one token longer.
  private func extended(_ hypotheses: [Hypothesis], by logits: [Float], at place: Int) throws -> [Hypothesis] {
    let V = model.configuration.vocabularySize
    var longer: [Hypothesis] = []
    for (n, hypothesis) in hypotheses.enumerated() {
      let row = logits[n * V..<(n + 1) * V]
      let normalizer = try row.withUnsafeBufferPointer { try $0.logNormalizer() }
      var found = 0
      // A sequence cannot have more than `width` of the `width` best.
      for (id, logit) in row.enumerated().sorted(by: { ($1.element, $0.offset) < ($0.element, $1.offset) }) {
        guard found < width else { break }
        guard
          let pending = candidates.pending(behind: Int32(id), at: prompt.places[place], after: hypothesis.pending)
        else { continue }
        found += 1
        longer.append(
          Hypothesis(
            tokens: hypothesis.tokens + [Int32(id)], score: hypothesis.score + Double(logit) - normalizer,
            features: hypothesis.features, pending: pending, parent: n))
      }
    }
    return Array(longer.sorted(by: Self.precedes).prefix(width))
  }

  /// Gives each sequence the sum of its places' log-probabilities, each given the whole of the rest.
  private func rescore(_ hypotheses: inout [Hypothesis]) throws {
    let V = model.configuration.vocabularySize
    let session = DirectedSession(model: model, direction: .backward, sequences: hypotheses.count)
    for n in hypotheses.indices { hypotheses[n].score = 0 }
    for place in prompt.places.indices.reversed() {
      session.feed(toAll: prompt.parts[place + 1].reversed())
      let logits = model.jointLogits(
        forward: hypotheses.flatMap { $0.features[place] }, backward: session.features)
      for n in hypotheses.indices {
        let row = logits[n * V..<(n + 1) * V]
        let token = Int(hypotheses[n].tokens[place])
        let normalizer = try row.withUnsafeBufferPointer { try $0.logNormalizer() }
        hypotheses[n].score += Double(row[row.startIndex + token]) - normalizer
      }
      session.feed(hypotheses.map { $0.tokens[place] })
    }
  }

  /// The likelier first; of equals the one whose tokens come first, so that nothing is left to chance.
  private static func precedes(_ a: Hypothesis, _ b: Hypothesis) -> Bool {
    a.score != b.score ? a.score > b.score : a.tokens.lexicographicallyPrecedes(b.tokens)
  }
}
