import Foundation
import Testing

@testable import TsuzuriText

@Suite struct SourceTests {
  /// A folder that is removed at the end.
  private func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tsuzuri-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
  }

  private func write(_ bytes: [UInt8], _ path: String) throws {
    let folder = URL(filePath: path).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(filePath: path))
  }

  /// One gzip member whose data is stored as it is (RFC 1951, 3.2.4; RFC 1952).
  static func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    func littleEndian(_ value: UInt32, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
    }
    let length = UInt32(bytes.count)
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1] + littleEndian(length, 2) + littleEndian(~length, 2) + bytes
      + littleEndian(~crc, 4) + littleEndian(length, 4)
  }

  @Test func aFolderStandsForItsTextsInTheOrderOfTheirNames() throws {
    try withFolder { folder in
      for name in ["b.txt", "a/z.txt", "a/b.txt.gz", "a-b.txt", "ねこ.txt", "notes.md", "a/c.text", "é.txt", "Z.txt"] {
        try write([0x61], folder + "/" + name)
      }
      let found = try CorpusListing.sources(at: [folder + "/", "-", folder + "/notes.md"])
      #expect(
        found.map(\.name) == [
          folder + "/Z.txt", folder + "/a-b.txt", folder + "/a/b.txt.gz", folder + "/a/z.txt", folder + "/b.txt",
          folder + "/é.txt", folder + "/ねこ.txt", "standard input", folder + "/notes.md",
        ])
    }
  }

  @Test func whatCannotBeReadIsSaidToBeSo() throws {
    // A text is not left out without a word.
    try withFolder { folder in
      try write([0x61], folder + "/a.txt")
      let name: [CChar] =
        Array("\(folder)/".utf8CString.dropLast()) + [CChar(truncatingIfNeeded: 0x90), CChar(truncatingIfNeeded: 0xA3)]
        + Array(".txt".utf8CString)
      #expect(name.withUnsafeBufferPointer { open($0.baseAddress!, O_WRONLY | O_CREAT, 0o644) } >= 0)
      let error = #expect(throws: TextError.self) { try CorpusListing.sources(at: [folder]) }
      #expect(
        error?.description == "\(folder)/\u{FFFD}\u{FFFD}.txt: cannot be read: its name is not in UTF-8. "
          + "Check its kind and its permissions.")
    }
    try withFolder { folder in
      try write([0x61], folder + "/a.txt")
      for (name, target) in [("loop.txt", "loop.txt"), ("nowhere.txt", "gone")] {
        try FileManager.default.createSymbolicLink(atPath: folder + "/" + name, withDestinationPath: target)
      }
      #expect(try CorpusListing.sources(at: [folder]).map(\.name) == [folder + "/a.txt"])
    }
    try withFolder { folder in
      let missing = folder + "/none.txt"
      var error = #expect(throws: TextError.self) { try CorpusListing.sources(at: [missing]) }
      #expect(
        error?.description == "\(missing): no such file or folder. Check the name, or give '-' to read standard input.")
      error = #expect(throws: TextError.self) { try normalizedText(of: .file(missing)) }
      #expect(error == .notFound(path: missing))
      try write([0x61], folder + "/readme.md")
      error = #expect(throws: TextError.self) { try CorpusListing.sources(at: [folder]) }
      #expect(
        error?.description
          == "\(folder): the folder holds no .txt and no .txt.gz file, nor do the folders below it. "
          + "Name a file, or give the texts one of these endings.")
      error = #expect(throws: TextError.self) { try normalizedText(of: .file(folder)) }
      #expect(
        error?.description == "\(folder): cannot be read: Is a directory. Check its kind and its permissions.")
    }
  }

  @Test func gzipIsKnownByItsMarkAndMayHaveSeveralMembers() throws {
    let first = Array("吾輩は猫である。\n".utf8)
    let second = Array(String(repeating: "名前はまだ無い。\n", count: 500).utf8)
    let packed = Self.gzip(first) + Self.gzip([]) + Self.gzip(second) + [0, 0, 0]
    for read in [1, 2, 7, 4096, 1 << 18] {
      let sizes = BufferSizes(readBytes: read, blockUnits: 1000)
      let text = try normalizedText(of: .bytes(packed, name: "t.gz"), sizes: sizes)
      #expect(text == String(decoding: first + second, as: UTF8.self))
      var reader = try TextBlockReader(
        .bytes(packed, name: "t"), text: TextOptions(), segmentation: SegmentationOptions(level: .byte), sizes: sizes)
      var bytes: [UInt8] = []
      while let block = try reader.next() { bytes += block.bytes }
      #expect(bytes == first + second)
    }
    try withFolder { folder in
      try write(packed, folder + "/t.txt.gz")
      #expect(try normalizedText(of: .file(folder + "/t.txt.gz")) == String(decoding: first + second, as: UTF8.self))
    }
  }

  @Test func damagedGzipIsReportedWithItsOffset() throws {
    let packed = Self.gzip(Array("the cat sat on the mat".utf8))
    for cut in [3, 12, 20, packed.count - 1] {
      let error = #expect(throws: TextError.self) {
        try normalizedText(of: .bytes(Array(packed.prefix(cut)), name: "t.gz"))
      }
      #expect(
        error?.description
          == "t.gz: the gzip data ends early, at byte offset \(cut). Fetch or compress the file again.")
    }
    var wrong = packed
    wrong[20] ^= 1
    var error = #expect(throws: TextError.self) { try normalizedText(of: .bytes(wrong, name: "t.gz")) }
    #expect(
      error?.description == "t.gz: the gzip data is damaged near byte offset \(packed.count - 4): "
        + "incorrect data check. Fetch or compress the file again.")
    error = #expect(throws: TextError.self) {
      try normalizedText(of: .bytes(packed + Array("tail".utf8), name: "t.gz"))
    }
    #expect(
      error?.description == "t.gz: the gzip data is damaged near byte offset \(packed.count + 2): "
        + "incorrect header check. Fetch or compress the file again.")
  }

  @Test func emptyTextsHaveNoBlocks() throws {
    for level in TokenLevel.allCases {
      for bytes in [[], Self.gzip([]), [0xEF, 0xBB, 0xBF]] as [[UInt8]] where level != .byte || bytes.count != 3 {
        #expect(try segments(of: .bytes(bytes, name: "empty"), SegmentationOptions(level: level)) == [])
      }
    }
  }

  @Test func versionsAreNumbersWithPoints() {
    for version in [ICUVersion.current, ICUVersion.unicode] {
      #expect(version.wholeMatch(of: /[0-9]+(\.[0-9]+)+/) != nil, "\(version)")
    }
  }
}
