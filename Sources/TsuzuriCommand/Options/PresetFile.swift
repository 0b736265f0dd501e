import ArgumentParser
import Foundation
import TsuzuriArchive

/// A file of options: a line is `--option value`, `--flag`, empty, or a comment that begins with `#`.
///
/// Its options are put in front of those of the command line, which therefore win.
enum PresetFile {
  private static let option = "--preset"
  /// How many options a file may have, and how many bytes: 'train' has about a hundred, and each may stand there once.
  private static let (largestCount, largestFile) = (200, 1 << 16)

  /// One option of a file.
  private struct Line {
    /// The file's name and the line's number, as messages give them.
    var place: String
    /// The option, with its value behind `=`: a value that the option does not take is then no corpus.
    var argument: String
  }

  /// The arguments, with the options of the file that `--preset` names in its place.
  struct Expansion {
    private var command: [String] = []
    private var lines: [Line] = []
    private var rest: [String] = []

    init(_ arguments: [String]) throws {
      guard arguments.first == "train" else {
        rest = arguments
        return
      }
      command = ["train"]
      var index = 1
      while index < arguments.count {
        let argument = arguments[index]
        index += 1
        if argument == "--" {
          rest += arguments[(index - 1)...]
          break
        }
        if argument == option, index < arguments.count {
          lines += try PresetFile.lines(of: arguments[index])
          index += 1
        } else if argument.hasPrefix(option + "=") {
          lines += try PresetFile.lines(of: String(argument.dropFirst(option.count + 1)))
        } else {
          rest.append(argument)
        }
      }
    }

    /// Parses the arguments; a wrong usage that a line of the file brings in is told with the line's place.
    func parse<Command>(_ parse: ([String]) throws -> Command) throws -> Command {
      func failure(_ lines: [Line]) -> String? {
        do {
          _ = try parse(command + lines.map(\.argument) + rest)
          return nil
        } catch {
          return TsuzuriCommand.exitCode(for: error) == .validationFailure ? TsuzuriCommand.message(for: error) : nil
        }
      }
      if let message = failure(lines) {
        for index in lines.indices {
          var others = lines
          others.remove(at: index)
          if failure(others) != message { throw ValidationError("\(lines[index].place): \(message)") }
        }
      }
      return try parse(command + lines.map(\.argument) + rest)
    }
  }

  /// The text of a file, or of the preset of that name.
  private static func text(_ path: String) throws -> String {
    // A pipe is a file here, too: 'train --preset <(…)'.
    if let data = try? FileHandle(forReadingAtPath: path)?.read(upToCount: largestFile + 1) {
      guard data.count <= largestFile else {
        throw CommandError.unusableFile(
          path: path, reason: "expected at most \(largestFile) bytes, found more",
          advice: "A preset is a file of some lines such as '--layers 3'.")
      }
      return String(decoding: data, as: UTF8.self)
    }
    if let preset = Preset.named(path) { return preset.text }
    throw CommandError.unusableFile(
      path: path, reason: "there is no such preset, and no file of options that can be read",
      advice:
        "--preset takes \(Settings.list(Preset.all.map(\.name))), or the name of a file with lines such as '--layers 3'."
    )
  }

  private static func lines(of path: String) throws -> [Line] {
    var found: [Line] = []
    // By scalars: whoever compares characters has all marks of one sorted, be they thousands.
    let lines = try text(path).unicodeScalars.split(omittingEmptySubsequences: false) { $0 == "\n" }
    for (number, line) in lines.enumerated() {
      let line = String(line).trimmingCharacters(in: .whitespacesAndNewlines)
      let place = "\(path), line \(number + 1)"
      if line.isEmpty || line.utf8.starts(with: "#".utf8) { continue }
      guard line.utf8.starts(with: "--".utf8), line.utf8.count > 2 else {
        throw ValidationError(
          "\(place): expected an option, found '\(line.shownPlain)'. Write a line as '--layers 3'; a comment begins with '#'."
        )
      }
      // The value is what stands after the first blanks, with blanks of its own: no quotes are needed.
      let blank = line.firstIndex(where: \.isWhitespace) ?? line.endIndex
      let (name, value) = (line[..<blank], line[blank...].trimmingCharacters(in: .whitespaces))
      if name == option || name.hasPrefix(option + "=") {
        throw ValidationError("\(place): a file of options cannot name another one. Put the options themselves here.")
      }
      guard found.count < largestCount else {
        throw ValidationError(
          "\(place): expected at most \(largestCount) options, found more. Leave out what is not needed.")
      }
      found.append(Line(place: place, argument: value.isEmpty ? line : "\(name)=\(value)"))
    }
    return found
  }
}
