import CICU

/// The characters that a charset can write, from ICU's own converter tables: what a vocabulary can be made of without
/// a text.
///
/// They are those that come back from the charset as they went in. Left out is what no text is made of: control
/// characters but tab and line feed, code points for private use, and unassigned ones.
public struct CharacterRepertoire: Sendable {
  /// The charset's name, as it was given.
  public let charset: String
  /// The characters, in the order of their code points; then those that take several.
  public let characters: [String]

  /// Asks ICU for the characters of `charset`, such as `ISO-2022-JP`.
  ///
  /// - Throws: `TextError.unknownCharset`.
  public init(charset: String) throws {
    var status: Int32 = 0
    // ICU takes an empty name for the system's own charset.
    guard !charset.isEmpty, let set = tz_ucnv_open_set(charset, &status) else {
      throw TextError.unknownCharset(charset)
    }
    defer { tz_uset_close(set) }
    guard tz_failed(status) == 0 else { throw TextError.unknownCharset(charset) }
    var characters: [String] = []
    var units = [UInt16](repeating: 0, count: 64)
    for index in 0..<tz_uset_item_count(set) {
      var (first, last): (Int32, Int32) = (0, -1)
      let length = Int(tz_uset_item(set, index, &first, &last, &units, Int32(units.count), &status))
      guard tz_failed(status) == 0 else {
        throw TextError.icu(operation: "list the charset \(charset)", code: String(cString: tz_error_name(status)))
      }
      if length >= 2 {
        characters.append(String(decoding: units[..<length], as: UTF16.self))
      } else if first <= last {
        characters += (first...last).compactMap(Self.character)
      }
    }
    self.charset = charset
    self.characters = characters
  }

  /// The scalar as a text, or nil where no text is made of it.
  private static func character(_ number: Int32) -> String? {
    guard let scalar = Unicode.Scalar(UInt32(number)) else { return nil }
    switch tz_general_category(number) {
    // U_UNASSIGNED, U_PRIVATE_USE_CHAR.
    case 0, 17: return nil
    // U_CONTROL_CHAR.
    case 15: return scalar == "\t" || scalar == "\n" ? String(scalar) : nil
    default: return String(scalar)
    }
  }

  /// The tokens for all characters of the repertoires: normalised and cut as `configuration` says, each once, in the
  /// order of their UTF-8 bytes.
  ///
  /// - Throws: `TextError` where ICU fails.
  package static func tokens(
    of repertoires: [CharacterRepertoire], as configuration: TokenizerConfiguration
  ) throws -> [[UInt8]] {
    var options = configuration.text
    options.encoding = "UTF-8"
    options.stripsRuby = false
    let segmenter = try Segmenter(configuration.segmentation)
    var tokens: Set<[UInt8]> = []
    for repertoire in repertoires {
      // A line each, so that no two of them join.
      let lines = repertoire.characters.joined(separator: "\n")
      var reader = try TextBlockReader(.text(lines), text: options, segmentation: configuration.segmentation)
      while let block = try reader.next() {
        try segmenter.forEachSegment(in: block) { segment, _ in tokens.insert(Array(segment)) }
      }
    }
    return tokens.sorted { $0.lexicographicallyPrecedes($1) }
  }
}
