import Foundation
import Testing
import TsuzuriModel

@testable import TsuzuriComparison

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The page as a browser reads it: elements with their attributes, and the text.
private final class PageReader: NSObject, XMLParserDelegate {
  var elements: [(name: String, attributes: [String: String])] = []
  var text = ""

  init(_ page: String) throws {
    super.init()
    let parser = XMLParser(data: Data(page.utf8))
    parser.delegate = self
    guard parser.parse() else { throw parser.parserError ?? CocoaError(.formatting) }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    elements.append((name, attributes))
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  /// The points of all lines of a class, in the picture's own units.
  func lines(_ style: String) -> [[(x: Double, y: Double)]] {
    elements.filter { $0.name == "polyline" && $0.attributes["class"] == style }.map { line in
      (line.attributes["points"] ?? "").split(separator: " ").map { pair in
        let numbers = pair.split(separator: ",").compactMap { Double($0) }
        return (numbers[0], numbers[1])
      }
    }
  }
}

struct ComparisonPageTests {
  private let shape = ModelConfiguration(vocabularySize: 10, embeddingSize: 6, hiddenSize: 12, layers: 1)

  private func curve(_ losses: [Double]) -> LearningCurve {
    LearningCurve(
      losses.enumerated().map {
        .init(step: $0 + 1, tokens: ($0 + 1) * 500, seconds: Double($0 + 1), loss: $1)
      })
  }

  private func textResult() throws -> TextComparisonResult {
    let model = try ComparedModel.models(of: [.lstm], shape: shape)[0]
    let runs = [[4.0, 3, 2], [4, 2, 1]].enumerated().map { index, losses in
      TextComparisonResult.Run(
        seed: UInt64(index + 1), curve: curve(losses), steps: 3, tokens: 1500, seconds: 3, tokensPerSecond: 12_345.6,
        isDiverged: false)
    }
    return TextComparisonResult(entries: [.init(model: model, runs: runs)], validationTokens: 4321)
  }

  private func memoryResult() throws -> MemoryComparisonResult {
    let task = MemoryTask.adding(steps: 4)
    let model = try task.models(of: [.lstm], shape: shape)[0]
    let run = MemoryComparisonResult.Run(
      seed: 1, curve: curve([1.0 / 6, 1.0 / 12, 1.0 / 120]), steps: 3, seconds: 3, tokensPerSecond: 10,
      isDiverged: false, flow: .init(fresh: [1, 0.1, 0.01, 0], trained: [1, 1, 1, 1]))
    return MemoryComparisonResult(tasks: [.init(task: task, entries: [.init(model: model, runs: [run])])])
  }

  @Test func aRunThatDivergedHasNoPartInTheGradientFlow() throws {
    var result = try memoryResult()
    var lost = result.tasks[0].entries[0].runs[0]
    (lost.isDiverged, lost.flow) = (true, .init(fresh: [1, 1, 1, 1], trained: [1, .nan, .nan, .nan]))
    result.tasks[0].entries[0].runs.append(lost)
    #expect(result.flows.map(\.flow.trained) == [[1, 1, 1, 1]])
  }

  @Test func theTableHasTheMeansAndDeviations() throws {
    let result = try textResult()
    #expect(
      result.rows == [["lstm", "12", "1,150", "1.5000 ± 0.7071", "12,346", "1,500", "0 of 2"]])
    #expect(TextComparisonResult.header.count == result.rows[0].count)
    let memory = try memoryResult()
    #expect(memory.header == ["cell", "hidden size", "parameters", "adding 4"])
    #expect(memory.rows == [["lstm", "12", "781", "0.050 (1/1, 3)"]])
  }

  /// Losses 4, 3, 2 and 4, 2, 1 at 500, 1000 and 1500 tokens: equal distances from left to right, and from 4 down to 1 the
  /// same height as three times one.
  @Test func thePageParsesAndItsCurvesAreTheData() throws {
    let page = try PageReader(textResult().page(facts: [("Command", "a < b & \"c\"")]))
    #expect(page.text.contains("a < b & \"c\""))
    #expect(page.text.contains("4,321 tokens"))
    #expect(page.text.contains("1.5000 ± 0.7071"))
    let runs = page.lines("run s0")
    let means = page.lines("mean s0")
    #expect(runs.count == 4 && means.count == 2, "two charts with two runs and their mean")
    for (chart, mean) in means.enumerated() {
      let (a, b) = (runs[chart * 2], runs[chart * 2 + 1])
      #expect(a.count == 3 && b.count == 3 && mean.count == 3)
      let unit = a[1].y - a[0].y
      #expect(unit > 10)
      let expected = [([0.0, 1, 2], a), ([0, 2, 3], b), ([0, 1.5, 2.5], mean)]
      for (heights, line) in expected {
        for (n, point) in line.enumerated() {
          #expect(abs(point.y - a[0].y - heights[n] * unit) < 0.5)
          #expect(abs(point.x - a[0].x - Double(n) * (a[1].x - a[0].x)) < 0.2)
        }
      }
    }
    let bars = page.elements.filter { $0.attributes["class"] == "bar b0" }
    #expect(bars.count == 2)
  }

  @Test func theMemoryPageShowsTheGradientWhereItIs() throws {
    let page = try PageReader(memoryResult().page(facts: []))
    #expect(page.text.contains("remembers nothing") && page.text.contains("0.050 (1/1, 3)"))
    let lines = page.lines("mean s0")
    #expect(lines.map(\.count) == [3, 3, 4], "a logarithmic axis has no place for zero")
    let (fresh, trained) = (lines[1], lines[2])
    #expect(abs((fresh[1].y - fresh[0].y) - (fresh[2].y - fresh[1].y)) < 0.2 && fresh[1].y > fresh[0].y + 5)
    #expect(Set(trained.map(\.y)).count == 1)
  }

  @Test func nothingComesFromElsewhere() throws {
    for text in try [textResult().page(facts: []), memoryResult().page(facts: [])] {
      let page = try PageReader(text)
      #expect(!page.elements.contains { ["script", "link", "img", "iframe"].contains($0.name) })
      #expect(!page.elements.contains { $0.attributes.keys.contains { ["src", "href", "style"].contains($0) } })
      #expect(!text.contains("url(http") && !text.contains("@import"))
      #expect(text.contains("prefers-color-scheme: dark"))
      let ids = page.elements.compactMap { $0.attributes["id"] }
      #expect(Set(ids).count == ids.count)
    }
  }
}

struct AxisTests {
  @Test func ticksAreRound() {
    let point = Axis("", 1e-6...1e-6, scale: .logarithmic)
    #expect(point.ticks.map(point.text) == ["10⁻⁶"])
    #expect(abs(point.place(1e-6) - 0.5) < 1e-9)
    #expect(Axis("", 0...1000).ticks == [0, 200, 400, 600, 800, 1000])
    #expect(Axis("", 1.43...2.61).ticks.map { Numbers.short($0) } == ["1.6", "1.8", "2", "2.2", "2.4", "2.6"])
    #expect(Axis("", 3...3).ticks.count > 2, "one value alone has room around it")
    #expect(
      Axis("", 1e-4...2, scale: .logarithmic).ticks.map { Axis("", 1e-4...2, scale: .logarithmic).text($0) }
        == ["10⁻⁴", "10⁻³", "0.01", "0.1", "1"])
    #expect(Axis("", 1e-30...1, scale: .logarithmic).ticks.count <= 8)
  }

  @Test(arguments: [
    (0, "0"), (0.25, "0.25"), (12, "12"), (1500, "1500"), (20_000, "20 k"), (3_500_000, "3.5 M"), (-0.5, "-0.5"),
  ])
  func numbersAreShort(value: Double, text: String) { #expect(Numbers.short(value) == text) }

  @Test func numbersAreGrouped() {
    #expect([0, 999, 1000, 1_234_567].map { Numbers.grouped($0) } == ["0", "999", "1,000", "1,234,567"])
    #expect(Numbers.superscript(-120) == "⁻¹²⁰")
  }
}
