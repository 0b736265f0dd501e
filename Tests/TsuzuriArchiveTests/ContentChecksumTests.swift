import Foundation
import Testing

@testable import TsuzuriArchive

/// The checksum that a file carries covers what it says, and not how it says it.
@Suite struct ContentChecksumTests {
  private func writer() -> SafetensorsWriter {
    var writer = SafetensorsWriter(metadata: ["format": "pt", "cell": "lstm"], hasChecksum: true)
    writer.add("b", type: .uint8, shape: [3], bytes: [1, 2, 3])
    writer.add("a", shape: [2, 1], floats: [1, -2])
    writer.add("none", shape: [0], floats: [])
    return writer
  }

  @Test func aWholeFileIsVerifiedAndAnyOtherContentIsNot() throws {
    let folder = try TemporaryFolder()
    try writer().write(to: folder.file("whole"))
    try SafetensorsFile(path: folder.file("whole")).verify()
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: folder.file("whole"))))
    for (old, new) in [
      ("\"lstm\"", "\"gru4\""), ("\"a\"", "\"c\""), ("\"U8\"", "\"I8\""), ("[2,1]", "[1,2]"), ("\"cell\"", "\"call\""),
    ] {
      let place = try #require(bytes.firstRange(of: Array(old.utf8)))
      var other = bytes
      other.replaceSubrange(place, with: Array(new.utf8))
      let file = try SafetensorsFile(path: folder.write(other, to: "other"))
      #expect(throws: ArchiveError.self, "\(old)") { try file.verify() }
    }
    // More blanks behind the header are no other content.
    let end = 8 + Int(bytes[0]) + Int(bytes[1]) << 8
    var spaced = bytes
    spaced.insert(contentsOf: [UInt8](repeating: 0x20, count: 256), at: end)
    spaced[1] += 1
    try SafetensorsFile(path: folder.write(spaced, to: "spaced")).verify()
  }

  @Test func theSameTensorsGiveTheSameFile() throws {
    let folder = try TemporaryFolder()
    try writer().write(to: folder.file("one"))
    try writer().write(to: folder.file("two"))
    let written = try ["one", "two"].map { try Data(contentsOf: URL(fileURLWithPath: folder.file($0))) }
    #expect(written[0] == written[1])
    let digits = try #require(SafetensorsFile(path: folder.file("one")).metadata["checksum"])
    #expect(digits.utf8.count == 16 && digits.allSatisfy { $0.isHexDigit })
  }

  @Test func theMessages() {
    #expect(
      "\(ArchiveError.damaged(path: "m", expected: "\u{1B}1", found: "2", advice: "or not"))"
        == "m: expected content with the checksum \"\\u{1B}1\", found \"2\". The file is damaged: copy it again, or not."
    )
    #expect(
      "\(ArchiveError.tooLarge(path: "m", bytes: 9, limit: 7))"
        == "m: expected at most 7 bytes, found 9. No file of this kind is so large: copy it again.")
  }
}
