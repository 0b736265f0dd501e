/// What changes logits, and what must not come at all.
extension Sampler {
  /// The largest number that a changed logit can have: an infinity would turn into NaN further on.
  private static let limit = Double(Float.greatestFiniteMagnitude)

  /// Makes room for logits that differ from the model's.
  private func copyLogits() {
    if logits.baseAddress == UnsafePointer(changed.baseAddress) { return }
    _ = changed.update(from: logits)
    logits = UnsafeBufferPointer(changed)
  }

  /// Sets a changed logit. One that is infinite or no number is passed over: it is found behind this.
  private func change(_ id: Int, _ value: (Double) -> Double) {
    let logit = Double(changed[id])
    guard logit.isFinite else { return }
    changed[id] = Float(Self.bounded(value(logit)))
  }

  private static func bounded(_ value: Double) -> Double { min(max(value, -limit), limit) }

  /// Adds the logit bias.
  func bias() {
    if rules.logitBias.isEmpty { return }
    copyLogits()
    for bias in rules.logitBias where bias.value.isFinite {
      precondition(
        bias.token >= 0 && bias.token < vocabularySize,
        "a bias for token \(bias.token), but \(vocabularySize) tokens in all")
      change(Int(bias.token)) { $0 + bias.value }
    }
  }

  /// Takes the repetition, presence and frequency penalties from the logits of the last tokens.
  func penalize(_ history: [Int32]) {
    guard rules.hasPenalty else { return }
    copyLogits()
    let recent = history.suffix(rules.repetitionWindow)
    penalized.removeAll()
    for id in recent {
      precondition(id >= 0 && id < vocabularySize, "token \(id) in the history, but \(vocabularySize) tokens in all")
      occurrences[Int(id)] = penalized.insert(id) ? 1 : occurrences[Int(id)] + 1
    }
    let penalty = rules.repetitionPenalty
    penalized.removeAll()
    for id in recent where penalized.insert(id) {
      let taken = Self.bounded(rules.presencePenalty + rules.frequencyPenalty * Double(occurrences[Int(id)]))
      // Infinity less infinity would be no number.
      change(Int(id)) { Self.bounded($0 > 0 ? $0 / penalty : $0 * penalty) - taken }
    }
  }

  /// Notes the tokens that must not come: those that the rules forbid, and those that `forbid` knows of.
  func forbidNext(after history: [Int32], _ forbid: (inout TokenSet) -> Void) {
    forbidden.removeAll()
    rules.forbid(after: history, in: &forbidden)
    forbid(&forbidden)
  }
}

extension SamplingRules {
  /// Puts the tokens that the rules forbid into `set`, whatever their logits.
  func forbid(after history: [Int32], in set: inout TokenSet) {
    for bias in logitBias where bias.value == -.infinity { set.insert(bias.token) }
    if noRepeatNGram > 0 {
      NoRepeatNGram.forEachToken(order: noRepeatNGram, after: history) { set.insert($0) }
    }
  }
}
