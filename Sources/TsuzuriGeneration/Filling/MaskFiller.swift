public import TsuzuriModel
public import TsuzuriText

/// Fills the places of a text that are marked `[MASK]`, each with one token, by a model that reads from both sides.
///
/// **One place.** All tokens are compared by log P(token | all that stands before it, all that stands behind it). The
/// forward stack reads `<eos>` and the text up to the place, the backward stack the text from its end back to the place,
/// from zeros.
///
/// **Several places.** A beam goes from left to right. At a place, the forward stack has read the tokens that were chosen
/// on its left; of the right it is known what stands before the next place, and the backward stack begins there, from
/// zeros, as it does at a window's end in training. The best sequences by the sum of these log-probabilities are kept.
/// When all places are filled, every place of every sequence is scored anew with the whole text on both sides, and the
/// sums decide. The sum for one sequence is a pseudo-log-probability: each place is judged as if the others were given.
///
/// Only whole text is offered: a token that is a byte of a longer character stands beside the others of that character or
/// not at all. Of two ways to spell the same text the likelier one is offered.
public struct MaskFiller: Sendable {
  /// What marks a place.
  public static let mask = "[MASK]"
  /// The most places of one text.
  public static let maximumMaskCount = 16

  /// A text whose places are filled.
  public struct Filling: Sendable, Hashable {
    /// The whole text, normalised as the model's corpus was.
    public var text: String
    /// The ids that stand in the places, from left to right.
    public var tokens: [Int32]
    /// The sum over the places of log P(token | everything else in this text), in nats.
    public var logProbability: Double
  }

  private let model: LanguageModel
  private let tokenizer: Tokenizer
  private let prompt: MaskedPrompt
  private let candidates: FillCandidates

  /// A filler of the places of `prompt`.
  ///
  /// - Throws: ``FillError``, `GenerationError.vocabularyMismatch`, and `TextError` where ICU cannot cut the prompt.
  public init(model: LanguageModel, tokenizer: Tokenizer, prompt: String) throws {
    guard model.configuration.isBidirectional else { throw FillError.notBidirectional(model: "the model") }
    try Self.checkMasks(of: prompt)
    guard model.configuration.vocabularySize == tokenizer.vocabulary.count else {
      throw GenerationError.vocabularyMismatch(
        model: model.configuration.vocabularySize, vocabulary: tokenizer.vocabulary.count)
    }
    self.model = model
    self.tokenizer = tokenizer
    self.prompt = try MaskedPrompt(prompt, tokenizer)
    candidates = FillCandidates(tokenizer.vocabulary)
  }

  /// Checks that there is something to fill in, and not too much: for a look before a model is read.
  ///
  /// - Throws: ``FillError``.
  public static func checkMasks(of prompt: String) throws {
    let count = MaskedPrompt.split(prompt).count - 1
    if count == 0 { throw FillError.noMask(prompt: prompt) }
    if count > maximumMaskCount { throw FillError.tooManyMasks(found: count, maximum: maximumMaskCount) }
  }

  /// The most texts that can be asked for.
  public static let maximumCount = 1000

  /// The likeliest texts, the best first; fewer than `top` where there are not as many.
  ///
  /// - Complexity: for M places and a beam of W = max(32, 2·top), W passes of each stack over the text and M·W rows of
  ///   logits; one pass where there is one place.
  public func fillings(top: Int = 5) throws -> [Filling] {
    guard (1...Self.maximumCount).contains(top) else {
      throw GenerationError.invalidOption(
        name: "top", expected: "a whole number from 1 to \(Self.maximumCount)", found: "\(top)",
        advice: "5 is the default.")
    }
    let beam = FillBeam(model: model, prompt: prompt, candidates: candidates, width: max(32, 2 * top))
    var fillings: [Filling] = []
    var seen: Set<String> = []
    for (tokens, logProbability) in try beam.sequences() {
      let bytes = try tokenizer.decodeBytes(prompt.filled(with: tokens))
      guard let text = String(validating: bytes, as: UTF8.self), seen.insert(text).inserted else { continue }
      fillings.append(Filling(text: text, tokens: tokens, logProbability: logProbability))
      if fillings.count == top { break }
    }
    return fillings
  }
}
