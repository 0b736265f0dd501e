import Foundation

/// A file of options that the command carries with it, from `Sources/TsuzuriCommand/Presets`.
struct Preset {
  /// What `--preset` takes.
  let name: String
  /// The file.
  let text: String

  /// All of them, in the order in which a person might try them.
  static let all: [Preset] = [
    Preset("char-small", PackageResources.char_small_preset), Preset("char-large", PackageResources.char_large_preset),
    Preset("char-best", PackageResources.char_best_preset), Preset("word-small", PackageResources.word_small_preset),
    Preset("ja-char", PackageResources.ja_char_preset), Preset("ja-word", PackageResources.ja_word_preset),
    Preset("zaremba-small", PackageResources.zaremba_small_preset),
    Preset("zaremba-medium", PackageResources.zaremba_medium_preset),
    Preset("awd-lstm", PackageResources.awd_lstm_preset),
  ]

  /// The preset of that name.
  static func named(_ name: String) -> Preset? { all.first { $0.name == name } }

  private init(_ name: String, _ bytes: [UInt8]) {
    self.name = name
    text = String(decoding: bytes, as: UTF8.self)
  }

  /// What the file's first comment says of it, up to the first colon or full stop.
  var summary: String {
    let comment = text.split(separator: "\n").first?.drop { "# ".contains($0) } ?? ""
    return String(comment.prefix { !":.".contains($0) })
  }
}
