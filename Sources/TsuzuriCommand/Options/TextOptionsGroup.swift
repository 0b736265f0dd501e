import ArgumentParser
import Tsuzuri
import TsuzuriText

/// How the bytes of a file become text.
struct ReadingOptions: SettingsGroup {
  @Option(
    help: .setting(
      "encoding", "The text's encoding: auto, or a name such as Shift_JIS. A model reads as its corpus was read.",
      valueName: "name"))
  var encoding: String?

  @Flag(inversion: .prefixedNo, help: "Replace bytes that mean nothing in the encoding, instead of stopping at them.")
  var lossy: Bool?

  @Flag(inversion: .prefixedNo, help: "Take out Aozora Bunko's marks, header and colophon.")
  var stripRuby: Bool?

  var given: [String: String?] {
    ["encoding": encoding, "lossy": lossy.map(String.init), "strip-ruby": stripRuby.map(String.init)]
  }
}

/// How a text becomes segments: what a model keeps of its corpus.
struct CuttingOptions: SettingsGroup {
  @Option(
    help: .setting("level", "What a token is: \(Settings.list(TokenLevel.allCases.map(\.rawValue)))."))
  var level: String?

  @Option(help: .setting("locale", "By whose rules words are found."))
  var locale: String?

  @Option(
    help: .setting(
      "normalization", "The Unicode form: \(Settings.list(Normalization.allCases.map(\.rawValue))).",
      valueName: "form"))
  var normalization: String?

  var given: [String: String?] { ["level": level, "locale": locale, "normalization": normalization] }

  /// Checks that nothing is asked for that a model decides.
  func refuseBesideModel() throws {
    for (name, value) in given.sorted(by: { $0.key < $1.key }) where value != nil {
      throw ValidationError("--\(name): the model decides it. Leave out this or --model.")
    }
  }
}

extension Settings {
  /// How texts are read and cut.
  func tokenizerConfiguration() throws -> TokenizerConfiguration {
    let level = try choice("level", of: TokenLevel.self)
    var normalization = try choice("normalization", of: Normalization.self)
    if level == .whitespace || level == .byte {
      if given.contains("normalization") { try refuse("normalization", at: level, unless: normalization == .none) }
      normalization = .none
    }
    if level == .byte {
      try refuse("encoding", at: level, unless: text("encoding") == "auto")
      try refuse("lossy", at: level, unless: !flag("lossy"))
      try refuse("strip-ruby", at: level, unless: !flag("strip-ruby"))
    }
    try checkNames()
    return TokenizerConfiguration(
      text: TextOptions(
        encoding: text("encoding"), isLossy: flag("lossy"), normalization: normalization,
        stripsRuby: flag("strip-ruby")),
      segmentation: SegmentationOptions(level: level, locale: text("locale")))
  }

  /// Checks that ICU knows the names that were given, before any text is read.
  private func checkNames() throws {
    if given.contains("encoding") {
      try Self.asUsage(of: "encoding") {
        _ = try TextBlockReader(
          .bytes([], name: ""), text: TextOptions(encoding: text("encoding")), segmentation: SegmentationOptions())
      }
    }
    if given.contains("locale") {
      try Self.asUsage(of: "locale") {
        _ = try Segmenter(SegmentationOptions(level: .character, locale: text("locale")))
      }
    }
  }

  /// The levels of words between blanks and of bytes take the text as it stands; a normalization that was asked for is
  /// refused elsewhere.
  mutating func takeTextAsItStands() {
    if ["whitespace", "byte"].contains(text("level")), !given.contains("normalization") {
      set("normalization", to: "none")
    }
  }

  private func refuse(_ name: String, at level: TokenLevel, unless isFine: Bool) throws {
    if isFine { return }
    throw ValidationError(
      "--\(name): the level '\(level.rawValue)' takes the text as it stands. Leave the option out.")
  }

  /// The values that a model's tokenizer stands for.
  static func values(of configuration: TokenizerConfiguration) -> [String: String] {
    [
      "level": configuration.level.rawValue, "locale": configuration.segmentation.locale,
      "encoding": configuration.text.encoding, "lossy": "\(configuration.text.isLossy)",
      "normalization": configuration.text.normalization.rawValue, "strip-ruby": "\(configuration.text.stripsRuby)",
    ]
  }
}

extension Tokenizer {
  /// A model's tokenizer, reading files as `options` ask for.
  func reading(_ options: ReadingOptions) throws -> Tokenizer {
    let settings = Settings(options, over: Settings.values(of: configuration))
    var read = try settings.tokenizerConfiguration()
    read.icuVersion = configuration.icuVersion
    return try Tokenizer(vocabulary: vocabulary, configuration: read)
  }
}
