import ArgumentParser
import Tsuzuri

/// How large a vocabulary becomes.
struct VocabularySizeOptions: SettingsGroup {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      The number of tokens, special ones included, or 'unlimited' (default: 20000 for words, otherwise unlimited).
      """, valueName: "n"))
  var vocabularySize: String?

  @Option(parsing: .unconditional, help: .setting("min-count", "Rarer text has no token of its own.", valueName: "n"))
  var minCount: String?

  var given: [String: String?] { ["vocabulary-size": vocabularySize, "min-count": minCount] }
}

/// Where a vocabulary comes from.
struct VocabularyOptionsGroup: SettingsGroup {
  @Option(
    help: ArgumentHelp(
      "A vocabulary that is there already; otherwise one is built from the training part.", valueName: "file"))
  var vocabulary: String?

  @OptionGroup var size: VocabularySizeOptions

  var given: [String: String?] { size.given.merging(["vocabulary": vocabulary]) { $1 } }
}

extension Settings {
  /// The size of a vocabulary that is built.
  func vocabularyOptions(for level: TokenLevel) throws -> VocabularyOptions {
    var options = VocabularyOptions.standard(for: level)
    if optionalText("vocabulary-size") != nil {
      options.size = try wholeNumber("vocabulary-size", in: 1...10_000_000, or: "unlimited")
    }
    options.minimumCount = try wholeNumber("min-count", in: 1...(.max))
    try Self.asUsage { try options.validate(for: level) }
    return options
  }

  /// Where the vocabulary comes from; the file, where one is named, is read.
  func vocabularySource(for level: TokenLevel) throws -> VocabularySource {
    guard let path = optionalText("vocabulary") else { return .built(try vocabularyOptions(for: level)) }
    let vocabulary = try Vocabulary(contentsOf: path)
    try Self.asUsage(of: "vocabulary") {
      _ = try Tokenizer(
        vocabulary: vocabulary,
        configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: level)))
    }
    return .given(vocabulary)
  }

  /// A vocabulary from a file has its size already.
  func checkVocabularyOptions() throws {
    guard optionalText("vocabulary") != nil else { return }
    for name in ["vocabulary-size", "min-count"] where given.contains(name) {
      throw ValidationError("--\(name): a vocabulary from a file has its size already. Leave out this or --vocabulary.")
    }
  }
}
