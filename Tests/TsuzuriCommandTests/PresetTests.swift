import Foundation
import Testing
import _TestSupport

struct PresetTests {
  private static let folder = TestCorpora.packageRoot + "/Sources/TsuzuriCommand/Presets"

  /// The names of the files.
  static func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".preset") }
      .map { String($0.dropLast(".preset".count)) }.sorted()
  }

  @Test func everyFileIsListedWithWhatItIsFor() throws {
    let outcome = try TestCommand().run(["preset"], in: TestFolder())
    #expect(outcome.status == 0)
    let lines = outcome.output.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 1).map(String.init) }
    #expect(try lines.map { $0[0] }.sorted() == Self.names())
    #expect(lines.allSatisfy { $0.count == 2 && $0[1].trimmingCharacters(in: .whitespaces).count > 8 })
  }

  @Test(arguments: try names())
  func aPresetIsPrintedAsItsFileStands(name: String) throws {
    let outcome = try TestCommand().run(["preset", name], in: TestFolder())
    #expect(outcome.status == 0)
    #expect(try outcome.output == String(contentsOfFile: "\(Self.folder)/\(name).preset", encoding: .utf8))
  }

  /// With other sizes, so that it takes no time.
  @Test(arguments: try names())
  func aPresetTrains(name: String) throws {
    let folder = try TestFolder()
    try folder.write("story.txt", String(repeating: "the cat sat on the mat , and the dog did not .\n", count: 40))
    let outcome = try TestCommand().run(
      [
        "train", "story.txt", "--preset", name, "--hidden-size", "9", "--embedding-size", "6", "--batch-size", "2",
        "--sequence-length", "8", "--max-steps", "3", "--json",
      ], in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("\"steps\": 3"))
  }

  @Test func aPresetThatIsNotThereIsNamedWithThoseThatAre() throws {
    let names = try TestCommand().run(["preset"], in: TestFolder()).output.split(separator: "\n")
      .map { $0.split(separator: " ")[0] }
    let list = names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]
    let train = try TestCommand().run(["train", "text.txt", "--preset", "char-smal"], in: TestFolder())
    #expect(train.status == 1)
    #expect(
      train.errors == "Error: char-smal: there is no such preset, and no file of options that can be read. "
        + "--preset takes \(list), or the name of a file with lines such as '--layers 3'.\n")
    let show = try TestCommand().run(["preset", "char-smal"], in: TestFolder())
    #expect(show.status == 64)
    #expect(show.errors.hasPrefix("Error: there is no preset 'char-smal'. Expected \(list).\n"))
  }
}
