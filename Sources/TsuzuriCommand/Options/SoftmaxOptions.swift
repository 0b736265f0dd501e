import ArgumentParser
import Tsuzuri

/// How tokens are predicted where there are many.
struct SoftmaxOptions: SettingsGroup {
  @Option(
    parsing: .unconditional,
    help: .setting(
      "adaptive-softmax",
      """
      Predict rare tokens in clusters from narrower vectors: the first token of each cluster, such as 2000,10000. \
      The tokens must stand in the order of frequency, as those of the level 'whitespace' do; at the level 'word' \
      bytes and characters stand before the words.
      """, valueName: "numbers"))
  var adaptiveSoftmax: String?

  @Option(
    parsing: .unconditional,
    help: .setting(
      "sampled-softmax",
      "Train by a softmax over the targets and so many tokens that each step draws; losses told are of these.",
      valueName: "n"))
  var sampledSoftmax: String?

  var given: [String: String?] { ["adaptive-softmax": adaptiveSoftmax, "sampled-softmax": sampledSoftmax] }
}

extension Settings {
  /// The first tokens of the clusters.
  func adaptiveCutoffs() throws -> [Int] {
    let text = text("adaptive-softmax")
    if text == "none" { return [] }
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    let cutoffs = numbers.compactMap(\.self)
    guard cutoffs.count == numbers.count, cutoffs.allSatisfy({ $0 > 0 }), Set(cutoffs).count == cutoffs.count,
      cutoffs == cutoffs.sorted(), cutoffs.count <= 8
    else {
      throw ValidationError(
        Self.message(
          "adaptive-softmax", expected: "none, or 1 to 8 ascending whole numbers such as 2000,10000", found: text))
    }
    return cutoffs
  }

  /// Refuses outputs that cannot be together.
  func checkSoftmax(_ model: ModelConfiguration) throws {
    let isAdaptive = !(try adaptiveCutoffs()).isEmpty
    let isSampled = text("sampled-softmax") != "none"
    let pairs = [
      (
        "--adaptive-softmax, --sampled-softmax", isAdaptive && isSampled,
        "both keep a large vocabulary from being gone through"
      ),
      (
        "--adaptive-softmax, --tie-embeddings", isAdaptive && model.tiesEmbeddings,
        "its rows have several widths, and an embedding's one"
      ),
      (
        "--adaptive-softmax, --bidirectional", isAdaptive && model.isBidirectional,
        "the output of a bidirectional model has a matrix for each direction"
      ),
      (
        "--sampled-softmax, --bidirectional", isSampled && model.isBidirectional,
        "the output of a bidirectional model has a matrix for each direction"
      ),
      (
        "--adaptive-softmax, --label-smoothing", isAdaptive && model.regularization.labelSmoothing > 0,
        "smoothing asks something of every token"
      ),
      (
        "--sampled-softmax, --label-smoothing", isSampled && model.regularization.labelSmoothing > 0,
        "smoothing asks something of every token"
      ),
    ]
    for (options, isGiven, reason) in pairs where isGiven {
      throw ValidationError("\(options): \(reason). Leave one of them out.")
    }
  }
}
