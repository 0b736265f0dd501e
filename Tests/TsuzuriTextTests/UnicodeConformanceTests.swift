import Foundation
import Testing

@testable import TsuzuriText

/// Unicode's own files (Debian: package unicode-data), against ICU as it is called here.
@Suite struct UnicodeConformanceTests {
  /// What ICU cuts otherwise than the standard, by design, for each version of ICU. Version 72: CLDR takes the colon out
  /// of MidLetter, so that it joins no letters.
  static let wordsCutOtherwise: [String: [String]] = [
    "72": [
      "÷ 0061 × 003A × 0041 ÷",
      "÷ 0061 × 003A × 0308 × 0041 ÷",
      "÷ 0061 × 003A × 05D0 ÷",
      "÷ 0061 × 003A × 0308 × 05D0 ÷",
      "÷ 0061 × 003A × 0061 × 2060 ÷",
      "÷ 0061 × 003A × 0308 × 0061 × 2060 ÷",
      "÷ 0061 × 003A × 0061 ÷ 003A ÷",
      "÷ 0061 × 003A × 0308 × 0061 ÷ 003A ÷",
      "÷ 0061 × 003A × 0061 ÷ 0027 ÷",
      "÷ 0061 × 003A × 0308 × 0061 ÷ 0027 ÷",
      "÷ 0061 × 003A × 0061 ÷ 0027 × 2060 ÷",
      "÷ 0061 × 003A × 0308 × 0061 ÷ 0027 × 2060 ÷",
      "÷ 0061 × 003A × 0061 ÷ 002C ÷",
      "÷ 0061 × 003A × 0308 × 0061 ÷ 002C ÷",
      "÷ 0041 × 003A × 0041 ÷",
    ]
  ]

  @Test func graphemeClusters() throws {
    guard let cases = try BreakCase.all(in: "auxiliary/GraphemeBreakTest.txt") else { return }
    #expect(cases.count > 600)
    let options = SegmentationOptions(level: .character)
    let iterator = try BreakIterator(options)
    for test in cases {
      #expect(try boundaries(of: test.text, iterator) == test.boundaries, "ICU: \(test.line)")
      let found = try segments(of: .text(test.text), options, text: TextOptions(normalization: .none))
      #expect(found.map { $0.unicodeScalars.count } == test.segmentLengths, "fast path: \(test.line)")
    }
  }

  @Test func words() throws {
    guard let cases = try BreakCase.all(in: "auxiliary/WordBreakTest.txt") else { return }
    #expect(cases.count > 1800)
    let version = String(ICUVersion.current.prefix { $0 != "." })
    guard let expected = Self.wordsCutOtherwise[version] else {
      print("skipped: there is no list yet of what ICU \(version) cuts otherwise than the standard")
      return
    }
    let iterator = try BreakIterator(SegmentationOptions(level: .word, locale: "en"))
    let found = try cases.filter { try boundaries(of: $0.text, iterator) != $0.boundaries }.map(\.line)
    #expect(found == expected)
  }

  private func boundaries(of text: String, _ iterator: BreakIterator) throws -> [Int] {
    var found: [Int] = []
    try Array(text.utf16).withUnsafeBufferPointer { units in
      try iterator.begin(units)
      while let boundary = iterator.next() { found.append(boundary) }
    }
    return found
  }

  @Test(arguments: [Normalization.nfc, .nfkc])
  func normalization(form: Normalization) throws {
    guard let lines = try UnicodeData.lines(of: "NormalizationTest.txt") else { return }
    var isFirstPart = false
    var listed: Set<UInt32> = []
    var count = 0
    for line in lines {
      if line.hasPrefix("@") { isFirstPart = line.hasPrefix("@Part1") }
      let columns = line.split(separator: ";").prefix(5).map(UnicodeData.text)
      guard columns.count == 5, !line.hasPrefix("#") else { continue }
      if isFirstPart { listed.insert(columns[0].unicodeScalars.first!.value) }
      // c2 is the NFC of c1 to c3, c4 of c4 and c5; c4 is the NFKC of all.
      for (index, column) in columns.enumerated() {
        let expected = form == .nfc && index < 3 ? columns[1] : columns[3]
        let found = try normalizedText(of: .text(column), TextOptions(normalization: form))
        #expect(areIdentical(found, expected), "column \(index + 1): \(line)")
        count += 1
      }
    }
    #expect(count > 90_000)
    // What part 1 does not list is its own normal form.
    var rest = ""
    for value in UInt32(0)...0x10FFFF where !listed.contains(value) {
      guard let scalar = Unicode.Scalar(value) else { continue }
      rest.unicodeScalars.append("\n")
      rest.unicodeScalars.append(scalar)
    }
    #expect(areIdentical(try normalizedText(of: .text(rest), TextOptions(normalization: form)), rest))
  }
}

/// One line of a break test: `÷ 0061 × 0308 ÷`.
private struct BreakCase {
  var line: String
  var text = ""
  /// In UTF-16 units, without the beginning.
  var boundaries: [Int] = []
  /// In scalars.
  var segmentLengths: [Int] = []

  static func all(in file: String) throws -> [BreakCase]? {
    try UnicodeData.lines(of: file)?.compactMap { line in
      let rule = line.prefix { $0 != "#" }
      return rule.contains("÷") ? BreakCase(rule.trimmingCharacters(in: .whitespaces)) : nil
    }
  }

  private init(_ line: String) {
    self.line = line
    var length = 0
    for part in line.split(whereSeparator: \.isWhitespace).dropFirst() {
      if part == "÷" {
        boundaries.append(text.utf16.count)
        segmentLengths.append(length)
        length = 0
      } else if part != "×" {
        text += UnicodeData.text(part)
        length += 1
      }
    }
  }
}

private enum UnicodeData {
  /// The lines of a file of the same Unicode version as ICU's; nil, with a line that says so, where there is none.
  static func lines(of name: String) throws -> [String]? {
    let path = "/usr/share/unicode/" + name
    let data: Data
    if FileManager.default.fileExists(atPath: path) {
      data = try Data(contentsOf: URL(filePath: path))
    } else if FileManager.default.fileExists(atPath: path + ".bz2"), let unpacked = try unpacked(path + ".bz2") {
      data = unpacked
    } else {
      print("skipped: \(path) is missing, or bzip2 to unpack it (packages unicode-data, bzip2)")
      return nil
    }
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    guard lines.first?.contains("-\(ICUVersion.unicode).") == true else {
      print("skipped: \(name) is not of Unicode \(ICUVersion.unicode), as ICU is: \(lines.first ?? "")")
      return nil
    }
    return lines
  }

  private static func unpacked(_ path: String) throws -> Data? {
    guard let tool = ["/usr/bin/bzip2", "/bin/bzip2"].first(where: FileManager.default.fileExists) else {
      return nil
    }
    let process = Process()
    process.executableURL = URL(filePath: tool)
    process.arguments = ["-dc", path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd()
    process.waitUntilExit()
    return data
  }

  /// Hexadecimal numbers of scalars, with blanks between them.
  static func text(_ numbers: Substring) -> String {
    var text = ""
    for number in numbers.split(separator: " ") {
      if let scalar = UInt32(number, radix: 16).flatMap(Unicode.Scalar.init) { text.unicodeScalars.append(scalar) }
    }
    return text
  }
}
