import Testing

import TsuzuriArchive

/// Files are untrusted: each promise of the format is broken once here.
@Suite struct HostileSafetensorsTests {
  private static let end =
    ". The file is damaged, cut short, or no safetensors file: copy it again or make it anew."

  private func message(_ bytes: [UInt8]) throws -> String? {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, to: "x")
    do {
      _ = try SafetensorsFile(path: path)
      return nil
    } catch {
      let text = "\(error)"
      #expect(text.hasPrefix(path) && text.hasSuffix(Self.end))
      return String(text.dropFirst(path.count).dropLast(Self.end.count))
    }
  }

  private func message(entry: String, dataCount: Int = 8) throws -> String? {
    try message(safetensors("{\"a\":\(entry)}", [UInt8](repeating: 0, count: dataCount)))
  }

  @Test func theLengthOfTheHeader() throws {
    #expect(try message([]) == ": expected 8 bytes with the header's length, found 0 bytes")
    #expect(try message([2, 0, 0]) == ": expected 8 bytes with the header's length, found 3 bytes")
    #expect(
      try message(safetensors("{}", length: 3))
        == ": expected a header of at most the 2 bytes that follow its length, found 3")
    #expect(
      try message(safetensors("{}", length: .max))
        == ": expected a header of at most the 2 bytes that follow its length, found 18446744073709551615")
    #expect(try message(safetensors("")) == ": expected a header that begins with '{', found another first byte")
    #expect(try message(safetensors(" {}")) == ": expected a header that begins with '{', found another first byte")
    #expect(try message(safetensors("{}   \n")) == nil)
  }

  @Test(arguments: [
    ("{", "a key of the header (a string)", "the header's end"),
    ("{\"a\"", "':' of the header", "the header's end"),
    ("{\"a", "a closing quotation mark after a key of the header", "the header's end"),
    ("{} x", "nothing but blanks after the header's object", "'x' at byte 3 of the header"),
    ("{\"a\u{1}\":1}", "a key of the header without control characters", "0x1 at byte 3 of the header"),
    ("{\"\\x\":1}", "an escape that JSON has", "'x' at byte 3 of the header"),
    ("{\"\\ud800\":1}", "a key of the header in Unicode", "half a surrogate pair before byte 8 of the header"),
    ("{\"\\u00g0\":1}", "four hexadecimal digits", "'g' at byte 6 of the header"),
    ("{\"__metadata__\":[]}", "'{' of __metadata__", "'[' at byte 16 of the header"),
    ("{\"__metadata__\":{\"a\":1}}", "a metadata value (a string)", "'1' at byte 21 of the header"),
    ("{\"__metadata__\":{\"a\":{\"b\":\"c\"}}}", "a metadata value (a string)", "'{' at byte 21 of the header"),
    ("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", "each key of __metadata__ once", "\"a\" twice"),
    ("{\"__metadata__\":{},\"__metadata__\":{}}", "each key of the header once", "\"__metadata__\" twice"),
  ])
  func brokenJSON(header: String, expected: String, found: String) throws {
    #expect(try message(safetensors(header)) == ": expected \(expected), found \(found)")
  }

  @Test func invalidUTF8() throws {
    var bytes = safetensors("{\"ab\":1}")
    bytes[10] = 0xFF
    #expect(
      try message(bytes)
        == ": expected a key of the header in UTF-8, found invalid bytes before byte 5 of the header")
  }

  @Test func nestingIsNotFollowed() throws {
    let deep = String(repeating: "[", count: 1_000_000)
    #expect(
      try message(safetensors("{\"a\":\(deep)")) == ", tensor \"a\": expected '{' of the tensor's entry, "
        + "found '[' at byte 5 of the header")
    #expect(
      try message(entry: "{\"shape\":[[2]]}") == ", tensor \"a\": expected an integer of 0 or more in shape, "
        + "found '[' at byte 15 of the header")
  }

  @Test(arguments: [
    (#"{"dtype":"F32","shape":[2]}"#, "data_offsets", "none"),
    (#"{"dtype":"F32","data_offsets":[0,8]}"#, "a shape", "none"),
    (#"{"shape":[2],"data_offsets":[0,8]}"#, "a dtype", "none"),
    (#"{"dtype":"F32","dtype":"F32"}"#, "each key of the tensor's entry once", "\"dtype\" twice"),
    (#"{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}"#, "the keys dtype, shape and data_offsets", "\"x\""),
    (
      #"{"dtype":"f32"}"#,
      "a dtype of F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, BOOL", "\"f32\""
    ),
    (#"{"dtype":1}"#, "dtype (a string)", "'1' at byte 14 of the header"),
    (#"{"shape":[-1]}"#, "an integer of 0 or more in shape", "'-' at byte 15 of the header"),
    (#"{"shape":[1.5]}"#, "']' of shape", "'.' at byte 16 of the header"),
    (#"{"shape":[01]}"#, "an integer of 0 or more in shape", "'0' at byte 15 of the header"),
    (#"{"shape":[9223372036854775808]}"#, "numbers below 2^63 in shape", "a larger one at byte 15 of the header"),
    (#"{"data_offsets":[0,8,9]}"#, "at most 2 numbers in data_offsets", "more"),
    (#"{"data_offsets":[0]}"#, "data_offsets [begin, end] with begin ≤ end", "[0]"),
    (#"{"data_offsets":[8,0]}"#, "data_offsets [begin, end] with begin ≤ end", "[8, 0]"),
    (
      #"{"dtype":"F32","shape":[3],"data_offsets":[0,8]}"#, "12 bytes for shape [3] of F32",
      "8 (data_offsets [0, 8])"
    ),
    (
      #"{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}"#, "fewer than 2^63 bytes",
      "shape [4294967296, 4294967296] of F32"
    ),
    (
      #"{"dtype":"F32","shape":[4],"data_offsets":[0,16]}"#, "data_offsets up to 8, where the file ends", "[0, 16]"
    ),
    (
      #"{"dtype":"U8","shape":[4],"data_offsets":[4,8]}"#,
      "data that begins at byte 0, where the tensor before it ends", "byte 4"
    ),
  ])
  func brokenEntries(entry: String, expected: String, found: String) throws {
    #expect(try message(entry: entry) == ", tensor \"a\": expected \(expected), found \(found)")
  }

  @Test func tooManyDimensions() throws {
    let shape = [String](repeating: "1", count: 33).joined(separator: ",")
    #expect(
      try message(entry: "{\"shape\":[\(shape)]}") == ", tensor \"a\": expected at most 32 numbers in shape, found more"
    )
  }

  @Test func overlapsHolesAndRemainders() throws {
    func header(_ first: String, _ second: String) -> [UInt8] {
      safetensors(
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":\#(first)},"#
          + #""b":{"dtype":"U8","shape":[4],"data_offsets":\#(second)}}"#, [UInt8](repeating: 0, count: 9))
    }
    #expect(
      try message(header("[0,4]", "[3,7]")) == ", tensor \"b\": expected data that begins at byte 4, "
        + "where the tensor before it ends, found byte 3")
    #expect(
      try message(header("[5,9]", "[0,4]")) == ", tensor \"a\": expected data that begins at byte 4, "
        + "where the tensor before it ends, found byte 5")
    #expect(try message(header("[4,8]", "[0,4]")) == ": expected 8 bytes of tensors after the header, found 9")
  }

  @Test func aNameCannotFillTheScreenOrDriveATerminal() throws {
    let name = "\\u001b[2J" + String(repeating: "猫", count: 80)
    let shown = "\\u{1B}[2J" + String(repeating: "猫", count: 56) + "…"
    #expect(
      try message(safetensors("{\"\(name)\":{}}")) == ", tensor \"\(shown)\": expected a dtype, found none")
  }

  @Test func noControlCharacterOfEitherKindReachesTheTerminal() throws {
    let shown = "\\u{9B}2J\\u{202E}x"
    #expect(
      try message(safetensors("{\"\u{9B}2J\u{202E}x\":{}}")) == ", tensor \"\(shown)\": expected a dtype, found none")
  }

  @Test func aKeyOfMarksWithoutEndIsNeitherHashedNorCompared() throws {
    let marks = String(repeating: "\u{301}\u{323}\u{3099}", count: 200_000)
    #expect(
      try message(safetensors("{\"\(marks)\":{}}"))
        == ": expected keys of at most 256 bytes in the header, found one of 1400000 bytes at byte 1 of the header")
  }

  @Test func aValueOfMarksWithoutEndIsNeitherHashedNorCompared() throws {
    let marks = String(repeating: "\u{301}\u{323}\u{3099}", count: 200_000)
    let type = try #require(try message(safetensors("{\"a\":{\"dtype\":\"\(marks)\"}}")))
    #expect(type.hasPrefix(", tensor \"a\": expected a dtype of ") && type.utf8.count < 1000, "\(type)")
    let folder = try TemporaryFolder()
    let file = try SafetensorsFile(
      path: folder.write(safetensors("{\"__metadata__\":{\"checksum\":\"\(marks)\"}}"), to: "sealed"))
    #expect(throws: ArchiveError.self) { try file.verify() }
  }

  @Test func moreKeysThanAnyFileHas() throws {
    let entries = (0..<65_537).map { "\"\($0)\":\"\"" }.joined(separator: ",")
    #expect(
      try message(safetensors("{\"__metadata__\":{\(entries)}}"))
        == ": expected at most 65536 keys in __metadata__, found more")
  }

  @Test func everyCutAndEveryFlippedBitIsRefusedOrRead() throws {
    // Nothing to compare with: what counts is that no input traps. Seeds are the positions themselves.
    let whole = safetensors(
      #"{"__metadata__":{"a":"\u732b"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
      [UInt8](repeating: 1, count: 8))
    for count in 0..<whole.count { #expect(try message(Array(whole.prefix(count))) != nil) }
    let folder = try TemporaryFolder()
    for bit in 0..<whole.count * 8 {
      var bytes = whole
      bytes[bit / 8] ^= 1 << (bit % 8)
      let path = try folder.write(bytes, to: "x")
      if let file = try? SafetensorsFile(path: path) {
        for tensor in file.tensors { _ = try? file.floats(of: tensor.name, shape: tensor.shape) }
      }
    }
  }
}
