import ArgumentParser
import Foundation

/// A file of options: a line is `--option value`, `--flag`, empty, or a comment that begins with `#`.
///
/// Its options are put in front of those of the command line, which therefore win.
enum PresetFile {
  private static let option = "--preset"

  /// The arguments, with the options of the file that `--preset` names in its place.
  static func expand(_ arguments: [String]) throws -> [String] {
    guard arguments.first == "train" else { return arguments }
    var preset: [String] = []
    var rest: [String] = []
    var index = 1
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      if argument == "--" {
        rest += arguments[(index - 1)...]
        break
      }
      if argument == option, index < arguments.count {
        preset += try options(in: arguments[index])
        index += 1
      } else if argument.hasPrefix(option + "=") {
        preset += try options(in: String(argument.dropFirst(option.count + 1)))
      } else {
        rest.append(argument)
      }
    }
    return ["train"] + preset + rest
  }

  private static func options(in path: String) throws -> [String] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CommandError.unusableFile(
        path: path, reason: "the file of options cannot be read",
        advice: "--preset takes the name of a file with lines such as '--layers 3'.")
    }
    var arguments: [String] = []
    let lines = String(decoding: data, as: UTF8.self).split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (number, line) in lines.enumerated() {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.isEmpty || line.hasPrefix("#") { continue }
      guard line.hasPrefix("--"), line != "--" else {
        throw CommandError.unusableFile(
          path: "\(path), line \(number + 1)", reason: "expected an option, found '\(line)'",
          advice: "Write a line as '--layers 3'; a comment begins with '#'.")
      }
      // The value is what stands after the first blanks, with blanks of its own: no quotes are needed.
      guard let blank = line.firstIndex(where: \.isWhitespace) else {
        arguments.append(line)
        continue
      }
      arguments.append(String(line[..<blank]))
      arguments.append(line[blank...].trimmingCharacters(in: .whitespaces))
    }
    return arguments
  }
}
