import ArgumentParser
import Tsuzuri
import TsuzuriArchive

/// Texts become values here; whatever cannot be is a wrong usage that names the option.
extension Settings {
  /// A whole number within `range`.
  func wholeNumber(_ name: String, in range: ClosedRange<Int>) throws -> Int {
    try Self.wholeNumber(text(name), name, in: range)
  }

  /// What an option was given, as a whole number within `range`.
  static func wholeNumber(_ text: String, _ name: String, in range: ClosedRange<Int>) throws -> Int {
    guard let number = Int(text), range.contains(number) else {
      let expected =
        range.upperBound == .max
        ? "a whole number, \(range.lowerBound) or more"
        : "a whole number from \(range.lowerBound) to \(range.upperBound)"
      throw ValidationError(message(name, expected: expected, found: text))
    }
    return number
  }

  /// A whole number within `range`, or nil for `word` or where the option has no value.
  func wholeNumber(_ name: String, in range: ClosedRange<Int>, or word: String) throws -> Int? {
    guard let text = optionalText(name), text != word else { return nil }
    return try wholeNumber(name, in: range)
  }

  /// A number that `isValid` accepts.
  func number(_ name: String, expected: String, _ isValid: (Double) -> Bool) throws -> Double {
    let text = text(name)
    guard let number = Double(text), isValid(number) else {
      throw ValidationError(Self.message(name, expected: expected, found: text))
    }
    return number
  }

  /// A number of 0 or more, where 0 and `off` mean none.
  func bound(_ name: String) throws -> Double {
    if text(name) == "off" { return 0 }
    return try number(name, expected: "a finite number, 0 (off) or more", SinglePrecision.isOffOrBound)
  }

  /// One of an enumeration's names.
  func choice<Choice>(_ name: String, of _: Choice.Type = Choice.self) throws -> Choice
  where Choice: RawRepresentable<String> & CaseIterable {
    let text = text(name)
    guard let choice = Choice(rawValue: text) else {
      throw ValidationError(
        Self.message(name, expected: Self.list(Choice.allCases.map(\.rawValue)), found: text))
    }
    return choice
  }

  /// A seed.
  func seed(_ name: String = "seed") throws -> UInt64 {
    guard let seed = UInt64(text(name)) else {
      throw ValidationError(Self.message(name, expected: "a whole number from 0 to 2⁶⁴ − 1", found: text(name)))
    }
    return seed
  }

  /// `--layers: expected a whole number from 1 to 64, found 'two'.`
  static func message(_ name: String, expected: String, found: String) -> String {
    "--\(name): expected \(expected), found \(Double(found) == nil ? "'\(found.shownPlain)'" : found.shownPlain)."
  }

  /// `a, b or c`.
  static func list(_ names: [String]) -> String {
    names.count < 2 ? names.joined() : names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]
  }

  /// Runs `body`; what the library finds wrong with an option's value is a wrong usage, too.
  static func asUsage<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as ValidationError {
      throw error
    } catch {
      throw ValidationError("\(error)")
    }
  }

  /// The same, where the message does not name the option by itself.
  static func asUsage<Result>(of name: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch {
      throw ValidationError("--\(name): \(error)")
    }
  }
}
