import Tsuzuri

extension Info {
  /// What an n-gram model is, for programs.
  func json(_ description: NGramDescription, weightsBytes: Int?) throws -> JSON {
    .object([
      ("model", .string(model)), ("format_version", .whole(description.formatVersion)),
      ("kind", .string(description.kind.rawValue)), ("order", .whole(description.model.order)),
      ("document", .string(description.model.document.rawValue)),
      ("vocabulary", .whole(description.model.vocabularySize)),
      ("ngrams", .array(description.counts.map { .whole($0) })),
      ("discounts", try .encoding(description.discounts)), ("tokenizer", try .encoding(description.tokenizer)),
      ("training", try description.training.map { try .encoding($0) } ?? .null),
      ("weights_bytes", weightsBytes.map { .whole($0) } ?? .null),
    ])
  }

  /// What an n-gram model is, for people.
  func rows(_ description: NGramDescription, weightsBytes: Int?) -> [(String, String)] {
    let text = description.tokenizer
    var rows = [
      ("model", model), ("architecture", "n-grams of order \(description.model.order), modified Kneser-Ney smoothing"),
      ("document", description.model.document == .line ? "each line by itself" : "the whole text"),
    ]
    rows += description.orderRows
    rows += [
      ("level", text.level.rawValue), ("vocabulary", "\(Figures.count(description.model.vocabularySize)) tokens"),
      ("locale", text.segmentation.locale), ("normalization", text.text.normalization.rawValue),
      ("ICU", text.icuVersion),
    ]
    if let weightsBytes { rows.append(("n-grams", Figures.bytes(weightsBytes))) }
    guard let training = description.training else { return rows + [("training", "unknown")] }
    rows += [
      ("corpus", training.corpus.joined(separator: ", ")), ("validation", training.validation),
      ("tokens seen", Figures.count(training.tokens)),
    ]
    if let loss = training.validationLoss {
      rows.append(
        (
          "validation loss", "\(Figures.decimals(loss, 4)) nats a token, perplexity \(Figures.perplexity(ofLoss: loss))"
        ))
    }
    rows += training.options.sorted { $0.key < $1.key }.map { ("--" + $0.key, $0.value) }
    return rows + training.environment.sorted { $0.key < $1.key }.map { ("made with \($0.key)", $0.value) }
  }
}
