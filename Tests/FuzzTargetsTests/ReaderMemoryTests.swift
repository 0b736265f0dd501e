import Foundation
import FuzzTargets
import Testing
import _TestSupport

/// A file can cost no more than a small multiple of its own size in memory, whatever stands in it.
@Suite(
  .disabled(if: ProcessInfo.processInfo.environment["TSUZURI_SANITIZER"] != nil, "a sanitizer takes memory of its own"))
struct ReaderMemoryTests {
  /// What a process takes for itself before it has read anything: ICU's data, the runtime's, JSON's reader.
  private static let base = 16 << 20

  private func growth(
    _ reader: String, _ name: String, _ bytes: [UInt8], isGood: Bool = false, _ folder: TestFolder
  ) throws -> Int {
    try growth(reader, at: folder.write(name, bytes), isGood: isGood, folder)
  }

  /// - Parameter isGood: whether the file must be taken.
  private func growth(_ reader: String, at path: String, isGood: Bool = false, _ folder: TestFolder) throws -> Int {
    let outcome = try TestCommand("FuzzRunner").run(["memory", reader, path], in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    if isGood { #expect(!outcome.output.contains("refused:"), "\(outcome.output)") }
    return try #require(outcome.output.split(separator: "\n").last.flatMap { Int($0) }, "\(outcome.output)")
  }

  @Test func aVocabularyOfManyShortTokens() throws {
    let lines = (0..<1_500_000).map { String($0, radix: 36) }.joined(separator: "\n") + "\n"
    let bytes = Array("<eos>\n<unk>\n\(lines)".utf8)
    let growth = try growth("vocabulary", "vocabulary.txt", bytes, isGood: true, TestFolder())
    #expect(growth < Self.base + 24 * bytes.count, "\(growth) bytes for \(bytes.count)")
  }

  @Test func aListOfManyShortTokens() throws {
    let bytes = Array(((0..<800_000).map { String($0, radix: 36) }.joined(separator: "\n") + "\n").utf8)
    let growth = try growth("token-list", "tokens.txt", bytes, isGood: true, TestFolder())
    #expect(growth < Self.base + 64 * bytes.count, "\(growth) bytes for \(bytes.count)")
  }

  @Test(arguments: [
    "\"K\":\"\"", "\"K\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}",
    "\"K\":{\"dtype\":\"U8\",\"shape\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],\"data_offsets\":[0,0]}",
  ])
  func aHeaderOfManySmallEntries(entry: String) throws {
    let isMetadata = entry.hasSuffix("\"\"")
    let entries = (0..<65_000).map { entry.replacing("K", with: String($0, radix: 36)) }.joined(separator: ",")
    let header = isMetadata ? "{\"__metadata__\":{\(entries)}}" : "{\(entries)}"
    let bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
    let growth = try growth("safetensors", "model.safetensors", bytes, isGood: true, TestFolder())
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

  /// The mapped file itself counts as memory, beside what is made of it.
  @Test func weightsAndCheckpoints() throws {
    let folder = try TestFolder()
    try ReaderMemory.train(in: folder["model"])
    let weights = try folder.bytes("model/model.safetensors").count
    let growth = try growth("model", at: folder["model/model.safetensors"], isGood: true, folder)
    #expect(growth < Self.base + 3 * weights, "\(growth) bytes for \(weights)")
    let checkpoint = try folder.bytes("model/training/checkpoint-1.safetensors").count
    let grown = try self.growth("checkpoint", at: folder["model/training/index.json"], isGood: true, folder)
    #expect(grown < Self.base + 3 * checkpoint, "\(grown) bytes for \(checkpoint)")
  }

  @Test func weightsOfPyTorch() throws {
    let folder = try TestFolder()
    try ReaderMemory.train(in: folder["model"])
    try folder.write("model/tokens.txt", "<eos>\n<unk>\na\nb\n")
    let weights = try folder.bytes("model/model.safetensors").count
    let growth = try growth("pytorch", at: folder["model/model.safetensors"], isGood: true, folder)
    #expect(growth < Self.base + 4 * weights, "\(growth) bytes for \(weights)")
  }

  @Test func gradientStatistics() throws {
    let folder = try TestFolder()
    try ReaderMemory.train(in: folder["model"])
    let size = try folder.bytes("model/gradient-statistics.safetensors").count
    #expect(size > 10_000_000)
    let growth = try growth("statistics", at: folder["model/gradient-statistics.safetensors"], isGood: true, folder)
    #expect(growth < Self.base + 3 * size, "\(growth) bytes for \(size)")
  }

  /// It is read in blocks.
  @Test func aTokenFileCostsNothing() throws {
    let folder = try TestFolder()
    try ReaderMemory.writeTokens(10_000_000, to: folder["a.tokens"])
    #expect(try growth("token-file", at: folder["a.tokens"], isGood: true, folder) < Self.base)
  }

  @Test func anNGramModel() throws {
    let folder = try TestFolder()
    var random = SplitMix64(seed: 1)
    let words = (0..<300_000).map { _ in "\(random.next() % 3000)" }.joined(separator: " ")
    try folder.write("corpus.txt", words)
    let outcome = try TestCommand().run(
      ["ngram", "train", "corpus.txt", "--level", "whitespace", "--order", "5", "--validation", "0", "--quiet"],
      in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let size = try ["model.safetensors", "vocabulary.txt"].map { try folder.bytes("model/" + $0).count }
    let growth = try growth("ngram", at: folder["model/model.safetensors"], isGood: true, folder)
    #expect(growth < Self.base + 3 * size[0] + 24 * size[1], "\(growth) bytes for \(size)")
  }

  @Test func jsonBeyondItsBoundIsNotReadAtAll() throws {
    let growth = try growth("configuration", "config.json", [UInt8](repeating: 0x5B, count: 50_000_000), TestFolder())
    #expect(growth < Self.base, "\(growth) bytes")
  }
}
