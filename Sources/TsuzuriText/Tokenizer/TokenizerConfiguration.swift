import TsuzuriArchive

/// All that decides how a text becomes tokens, except the vocabulary: it stands in a model's `config.json`.
public struct TokenizerConfiguration: Codable, Sendable, Hashable {
  /// How bytes become normalised text.
  public var text: TextOptions
  /// How the text is cut.
  public var segmentation: SegmentationOptions
  /// The ICU version that the configuration was made with; others may cut a text elsewhere.
  public var icuVersion: String

  /// Creates a configuration.
  public init(
    text: TextOptions = TextOptions(), segmentation: SegmentationOptions = SegmentationOptions(),
    icuVersion: String = ICUVersion.current
  ) {
    self.text = text
    self.segmentation = segmentation
    self.icuVersion = icuVersion
  }

  /// The level of the tokens.
  public var level: TokenLevel { segmentation.level }

  /// One line that says what may differ where the ICU that runs is not the one the configuration was made with.
  public var icuVersionWarning: String? { icuVersionWarning(running: ICUVersion.current) }

  package func icuVersionWarning(running: String) -> String? {
    guard running != icuVersion, level == .character || level == .word else { return nil }
    let pieces = level == .word ? "words" : "characters"
    return "the model was made with ICU \(icuVersion.shownPlain), this is ICU \(running): "
      + "\(pieces) may be cut elsewhere in some texts, which then are written with less likely tokens."
  }
}
