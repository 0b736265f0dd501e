public import TsuzuriText

/// A corpus as tokens, and what they mean.
public struct TokenizedCorpus: Sendable {
  /// The tokens of the corpus: `<eos>`, then those of the texts.
  public let tokens: TokenFile
  /// The rules and the vocabulary that made them.
  public let tokenizer: Tokenizer
  /// The tokens to train on, the `<eos>` at the beginning included.
  public let trainingRange: Range<Int>
  /// What to validate on, if anything.
  public let validation: ValidationText?

  /// The tokens' meaning.
  public var vocabulary: Vocabulary { tokenizer.vocabulary }

  /// The fingerprint of the ids, of the vocabulary and of where training ends: a run can be resumed with any corpus
  /// that has the same, wherever its files lie.
  public var fingerprint: Fingerprint {
    var builder = FingerprintBuilder()
    builder.update("\(tokens.contentFingerprint) \(tokens.vocabularyFingerprint) \(trainingRange.upperBound)")
    return builder.fingerprint
  }
}

/// Text that a model is measured on while it trains: the end of the corpus, or a text of its own.
///
/// What `evaluate` prints for it is had by feeding `<eos>` to a state of zeros and then predicting the tokens of
/// `range` one after the other; an `<eos>` among them stands between texts and is fed but not scored, except at the
/// whitespace level, where it ends a line.
public struct ValidationText: Sendable {
  /// The file that holds the tokens.
  public let tokens: TokenFile
  /// The tokens to predict.
  public let range: Range<Int>
  /// The bytes of the normalised text in UTF-8.
  public let utf8Count: Int
  /// The Unicode scalars of the normalised text.
  public let scalarCount: Int
}

/// Where validation text comes from.
public enum ValidationSource: Sendable {
  /// There is none.
  case none
  /// The last ⌊f · tokens⌋ tokens of the corpus; 0 is none.
  case fraction(Double)
  /// Other texts, encoded with the vocabulary of the training part.
  case texts([TextSource])

  /// The share of the corpus that is set aside.
  var fraction: Double {
    if case .fraction(let fraction) = self { fraction } else { 0 }
  }

  /// ⌊fraction · count⌋, where a product that only rounding keeps from a whole number counts as that number:
  /// 0.29 · 100 is 28.999999999999996 in floating point.
  static func share(_ fraction: Double, of count: Int) -> Int {
    let product = fraction * Double(count)
    let nearest = product.rounded()
    return Int(abs(product - nearest) < 1e-6 ? nearest : product.rounded(.down))
  }
}

/// Where the vocabulary comes from.
public enum VocabularySource: Sendable {
  /// It is there already.
  case given(Vocabulary)
  /// It is built from the training part of the corpus.
  case built(VocabularyOptions)
}
