import Foundation
import Testing
import _TestSupport

#if canImport(FoundationXML)
  import FoundationXML
#endif

struct FindLearningRateTests {
  private func folder() throws -> TestFolder {
    let folder = try TestFolder()
    let story = TestCorpora.packageRoot + "/corpora/en/01-the-inspector.txt"
    try folder.write("story.txt", String(contentsOfFile: story, encoding: .utf8))
    return folder
  }

  private let arguments = ["train", "story.txt", "--find-learning-rate", "--find-steps", "90"] + TrainedModel.size

  @Test func aPlotAndASuggestionArePrinted() throws {
    let folder = try folder()
    let outcome = try TestCommand().run(arguments + ["--svg", "rates.svg"], in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    #expect(lines.allSatisfy { $0.count <= 80 && !$0.hasSuffix(" ") && $0.allSatisfy(\.isASCII) })
    #expect(lines.count == 19 + 6)
    #expect(lines.first == "   loss|")
    #expect(lines[17].hasPrefix("       ++-"))
    #expect(lines[18].contains(" 1e-4 ") && lines[18].contains("0.01"))
    let picture = lines[1...16].joined()
    #expect(picture.contains("*") && picture.contains(".") && picture.contains("|"))
    #expect(lines[20] == "steps        " + lines[20].dropFirst(13))
    #expect(
      lines[23].wholeMatch(of: #/suggestion   --learning-rate [0-9.e-]+, a tenth of the rate with the lowest loss/#)
        != nil, "\(lines[23])")
    #expect(lines[24] == "picture      rates.svg")
    let svg = try String(contentsOfFile: folder["rates.svg"], encoding: .utf8)
    #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 560.0 330.0\""))
    #expect(svg.hasSuffix("</svg>\n") && svg.contains(">suggested: "))
    #expect(XMLParser(data: Data(svg.utf8)).parse())
    #expect(!FileManager.default.fileExists(atPath: folder["model"]))
  }

  /// A search may take an hour.
  @Test func aPictureThatCannotBeWrittenIsRefusedFirst() throws {
    let folder = try folder()
    let refused = try TestCommand().run(arguments + ["--svg", "plots/rates.svg"], in: folder)
    #expect(refused.status == 1 && refused.output == "")
    #expect(
      refused.errors
        == "Error: plots/rates.svg: the picture cannot be written there. Choose another place with --svg.\n")
    let full = try TestCommand().run(arguments + ["--svg", "/dev/full"], in: folder)
    #expect(full.status == 1 && full.output.contains("suggestion"), "what was found is told")
    #expect(full.errors.contains("Error: /dev/full: cannot be written: No space left on device."))
  }

  @Test func theCurveComesAsJSON() throws {
    let folder = try folder()
    func fields() throws -> [String: Any] {
      let outcome = try TestCommand().run(arguments + ["--json", "--quiet", "--optimizer", "sgd"], in: folder)
      #expect(outcome.status == 0 && outcome.errors == "")
      return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }
    let found = try fields()
    #expect(
      found.keys.sorted() == [
        "exploded", "learning_rate", "learning_rates", "losses", "lowest_loss", "lowest_loss_learning_rate",
        "smoothed_losses",
      ])
    let counts = ["learning_rates", "losses", "smoothed_losses"].map { (found[$0] as? [Double])?.count }
    #expect(Set(counts).count == 1 && (counts[0] ?? 0) > 20)
    #expect(try fields()["losses"] as? [Double] == found["losses"] as? [Double])
  }

  @Test func aModelInTheFolderIsNoHindranceAndStays() throws {
    let folder = try TrainedModel.shared.get().folder
    let path = folder["model/model.safetensors"]
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    let outcome = try TestCommand().run(
      ["train", "corpus", "--find-learning-rate", "--find-steps", "10"] + TrainedModel.size, in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
  }
}
