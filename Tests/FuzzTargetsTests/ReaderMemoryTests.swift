import Foundation
import Testing
import _TestSupport

/// A file can cost no more than a small multiple of its own size in memory, whatever stands in it.
@Suite(
  .disabled(if: ProcessInfo.processInfo.environment["TSUZURI_SANITIZER"] != nil, "a sanitizer takes memory of its own"))
struct ReaderMemoryTests {
  /// What a process takes for itself before it has read anything: ICU's data, the runtime's, JSON's reader.
  private static let base = 16 << 20

  private func growth(_ reader: String, _ name: String, _ bytes: [UInt8], _ folder: TestFolder) throws -> Int {
    let path = try folder.write(name, bytes)
    let outcome = try TestCommand("FuzzRunner").run(["memory", reader, path], in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try #require(outcome.output.split(separator: "\n").last.flatMap { Int($0) }, "\(outcome.output)")
  }

  @Test func aVocabularyOfManyShortTokens() throws {
    let lines = (0..<1_500_000).map { String($0, radix: 36) }.joined(separator: "\n") + "\n"
    let bytes = Array("<eos>\n<unk>\n\(lines)".utf8)
    let growth = try growth("vocabulary", "vocabulary.txt", bytes, TestFolder())
    #expect(growth < Self.base + 24 * bytes.count, "\(growth) bytes for \(bytes.count)")
  }

  @Test func aListOfManyShortTokens() throws {
    let bytes = Array(((0..<800_000).map { String($0, radix: 36) }.joined(separator: "\n") + "\n").utf8)
    let growth = try growth("token-list", "tokens.txt", bytes, TestFolder())
    #expect(growth < Self.base + 64 * bytes.count, "\(growth) bytes for \(bytes.count)")
  }

  @Test(arguments: [
    "\"K\":\"\"", "\"K\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}",
    "\"K\":{\"dtype\":\"U8\",\"shape\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],\"data_offsets\":[0,0]}",
  ])
  func aHeaderOfManySmallEntries(entry: String) throws {
    let isMetadata = entry.hasSuffix("\"\"")
    let entries = (0..<200_000).map { entry.replacing("K", with: String($0, radix: 36)) }.joined(separator: ",")
    let header = isMetadata ? "{\"__metadata__\":{\(entries)}}" : "{\(entries)}"
    let bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
    let growth = try growth("safetensors", "model.safetensors", bytes, TestFolder())
    #expect(growth < Self.base + 16 * bytes.count, "\(growth) bytes for \(bytes.count)")
  }

  @Test(arguments: [
    String(repeating: "[", count: 1_000_000), "[" + String(repeating: "1,", count: 500_000) + "1]",
    "{\"format_version\":1,\"a\":{" + (0..<90_000).map { "\"\($0)\":1" }.joined(separator: ",") + "}}",
  ])
  func jsonThatIsDeepOrWide(text: String) throws {
    let growth = try growth("configuration", "config.json", Array(text.utf8), TestFolder())
    #expect(growth < Self.base + 48 * text.utf8.count, "\(growth) bytes for \(text.utf8.count)")
  }

  @Test func jsonBeyondItsBoundIsNotReadAtAll() throws {
    let growth = try growth("configuration", "config.json", [UInt8](repeating: 0x5B, count: 50_000_000), TestFolder())
    #expect(growth < Self.base, "\(growth) bytes")
  }
}
