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

  /// What the papers say: Zaremba, Sutskever & Vinyals 2014, section 4.1, with sums over a window made into means; Merity,
  /// Keskar & Socher 2018, section 5.
  private static let published = [
    "zaremba-small": """
    --layers 2 --hidden-size 200 --embedding-size 200 --initial-weights uniform:0.1 --batch-size 20 --sequence-length 20 \
    --optimizer sgd --learning-rate 20 --schedule step --step-after 4 --step-factor 2 --clip-norm 0.25 --epochs 13
    """,
    "zaremba-medium": """
    --layers 2 --hidden-size 650 --embedding-size 650 --initial-weights uniform:0.05 --dropout 0.5 --batch-size 20 \
    --sequence-length 35 --optimizer sgd --learning-rate 35 --schedule step --step-after 6 --step-factor 1.2 \
    --clip-norm 0.142857 --epochs 39
    """,
    "awd-lstm": """
    --layers 3 --hidden-size 1150 --embedding-size 400 --tie-embeddings --initial-weights awd-lstm --input-dropout 0.65 \
    --hidden-dropout 0.2 --output-dropout 0.4 --variational-dropout --embedding-dropout 0.1 --weight-dropout 0.5 \
    --activation-regularization 2 --temporal-activation-regularization 1 --weight-decay 0.0000012 --batch-size 80 \
    --sequence-length 70 --random-sequence-length --optimizer nt-asgd --non-monotone-interval 5 --learning-rate 30 \
    --schedule constant --clip-norm 0.25 --epochs 750
    """,
  ]

  @Test(arguments: published.keys.sorted())
  func aPublishedRecipeHasThePapersNumbers(name: String) throws {
    let text = try String(contentsOfFile: "\(Self.folder)/\(name).preset", encoding: .utf8)
    let options = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: " ")
    #expect(options == "--level whitespace " + (try #require(Self.published[name])))
  }

  @Test func theNinePresetsAreThere() throws {
    let expected = [
      "awd-lstm", "char-best", "char-large", "char-small", "ja-char", "ja-word", "word-small", "zaremba-medium",
      "zaremba-small",
    ]
    #expect(try Self.names() == expected)
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
