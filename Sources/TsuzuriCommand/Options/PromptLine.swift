import Foundation
import Tsuzuri
import TsuzuriArchive

/// A line of a file of prompts: `{"prompt": "…", "id": …, "max_tokens": …, "min_tokens": …, "seed": …, "stop": […]}`.
struct PromptLine {
  /// Which line of the file it is, from 1.
  let number: Int
  /// What the line calls itself, as JSON.
  let id: JSON?
  let request: PromptBatch.Request

  private static let keys = ["prompt", "id", "max_tokens", "min_tokens", "seed", "stop"]

  /// The lines of a file; empty ones are passed over.
  ///
  /// - Parameter options: what holds where a line says nothing.
  /// - Throws: `CommandError.unusableFile`, which names the line.
  static func read(_ path: String, _ options: GenerationOptions) throws -> [PromptLine] {
    let text = try InputText.read(path, "prompts")
    // By scalars: whoever compares characters has all marks of one sorted, be they a million.
    let lines = text.unicodeScalars.split(omittingEmptySubsequences: false) { $0 == "\n" }.enumerated()
      .filter { !$0.element.allSatisfy(\.properties.isWhitespace) }
    if lines.isEmpty {
      throw CommandError.unusableFile(
        path: path, reason: "expected a JSON object on each line, found none",
        advice: "Write a line as {\"prompt\": \"The ferry\"}.")
    }
    return try lines.map { try PromptLine(String($0.element), number: $0.offset + 1, path: path, options) }
  }

  private init(_ line: String, number: Int, path: String, _ options: GenerationOptions) throws {
    func refuse(_ reason: String, _ advice: String) -> CommandError {
      .unusableFile(path: "\(path), line \(number)", reason: reason, advice: advice)
    }
    if let length = SealedJSON.longString(in: Array(line.utf8), isKey: true) {
      throw refuse("expected the keys \(Settings.list(Self.keys)), found one of \(length) bytes", "Check its spelling.")
    }
    guard let fields = try? JSONDecoder().decode([String: JSONField].self, from: Data(line.utf8)) else {
      throw refuse(
        "expected a JSON object, found '\(line.shownPlain)'", "Write a line as {\"prompt\": \"The ferry\"}.")
    }
    for key in fields.keys.sorted() where !Self.keys.contains(key) {
      throw refuse("expected the keys \(Settings.list(Self.keys)), found '\(key.shownPlain)'", "Check its spelling.")
    }
    func value<Value>(_ key: String, _ expected: String, _ read: (JSONField) -> Value?) throws -> Value? {
      guard let field = fields[key] else { return nil }
      guard let value = read(field) else {
        throw refuse(
          "\(key): expected \(expected), found \(field.json.text.shownPlain)", "Change the value, or leave the key out."
        )
      }
      return value
    }
    guard let prompt = try value("prompt", "a text", \.string) else {
      throw refuse("expected the key 'prompt', found none", "An empty prompt, \"\", begins a new text.")
    }
    let count = { (field: JSONField) in field.whole.flatMap { Int(exactly: $0) } }
    id = try value("id", "a text or a whole number from 0 to 2⁶⁴ − 1") {
      $0.string == nil && $0.whole == nil ? nil : $0.json
    }
    let request = PromptBatch.Request(
      prompt: prompt, maxTokens: try value("max_tokens", "a whole number, 0 or more", count),
      minTokens: try value("min_tokens", "a whole number, 0 or more", count),
      stopTexts: try value("stop", "a text or a list of texts of one character or more", \.texts),
      seed: try value("seed", "a whole number from 0 to 2⁶⁴ − 1", \.whole))
    let (least, most) = (request.minTokens ?? options.minTokens, request.maxTokens ?? options.maxTokens)
    if least > most {
      throw refuse(
        "min_tokens: expected at most max_tokens, \(most), found \(least)", "Give a larger max_tokens on this line.")
    }
    self.number = number
    self.request = request
  }
}

/// A value of a line.
private struct JSONField: Decodable {
  let json: JSON
  var string: String?
  var whole: UInt64?
  /// A text, or a list of them, none of which is empty.
  var texts: [String]?

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let text = try? value.decode(String.self) {
      (json, string) = (.string(text), text)
      texts = text.isEmpty ? nil : [text]
    } else if let flag = try? value.decode(Bool.self) {
      json = .encoded("\(flag)")
    } else if let number = try? value.decode(UInt64.self) {
      (json, whole) = (.unsigned(number), number)
    } else if let number = try? value.decode(Double.self) {
      json = .encoded(number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)")
    } else if let list = try? value.decode([JSONField].self) {
      json = .array(list.map(\.json))
      let found = list.compactMap(\.string)
      texts = found.count == list.count && !found.contains(where: \.isEmpty) ? found : nil
    } else if let fields = try? value.decode([String: JSONField].self) {
      json = .object(fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) })
    } else {
      json = .null
    }
  }
}
