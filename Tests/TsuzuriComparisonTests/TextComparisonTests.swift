import Synchronization
import Testing
import TsuzuriData
import TsuzuriKernels
import TsuzuriModel
import TsuzuriTraining

@testable import TsuzuriComparison

/// A text that has something to learn: ids with a period of 11, and an `<eos>` now and then.
func sampleText(count: Int = 1200, validation: Int = 300) -> TrainingText {
  let ids = (0..<count).map { (n: Int) -> Int32 in
    let drawn = (n % 11 + n % 3) * 5 % 16 + 1
    return n % 97 == 0 ? 0 : Int32(drawn)
  }
  let tokens = TokenArray(ids)
  return TrainingText(
    tokens: tokens, trainingRange: 0..<count - validation,
    validation: .init(tokens: tokens, range: count - validation..<count, utf8Count: nil))
}

/// A clock that passes a second each time somebody looks at it.
final class SteppingClock: Clock {
  struct Instant: InstantProtocol {
    var seconds: Int
    func advanced(by duration: Duration) -> Instant { Instant(seconds: seconds + Int(duration.components.seconds)) }
    func duration(to other: Instant) -> Duration { .seconds(other.seconds - seconds) }
    static func < (a: Instant, b: Instant) -> Bool { a.seconds < b.seconds }
  }
  private let looks = Mutex(0)
  var now: Instant {
    Instant(
      seconds: looks.withLock {
        $0 += 1
        return $0
      })
  }
  var minimumResolution: Duration { .seconds(1) }
  func sleep(until deadline: Instant, tolerance: Duration?) async throws {}
}

struct TextComparisonTests {
  let shape = ModelConfiguration(vocabularySize: 18, embeddingSize: 5, hiddenSize: 9, layers: 1)
  let training = TrainingConfiguration(
    batchSize: 3, sequenceLength: 7, learningRate: 0.02, epochs: 1_000_000, maximumSteps: 30, reportInterval: 100)

  private func comparison(seeds: Int = 2, threads: Int = 1) throws -> TextComparison {
    TextComparison(
      models: try ComparedModel.models(of: CellKind.allCases, shape: shape), training: training, seeds: seeds,
      measurements: 5, threads: threads)
  }

  @Test func everyRunHasTheBudgetAndACurve() throws {
    var events: [ComparisonEvent] = []
    let result = try comparison().run(on: sampleText(), clock: SteppingClock()) { events.append($0) }
    #expect(result.entries.map(\.model.cell) == CellKind.allCases)
    for entry in result.entries {
      #expect(entry.runs.map(\.seed) == [1, 2])
      for run in entry.runs {
        #expect(run.steps == 30 && run.tokens == 630 && !run.isDiverged)
        #expect(run.curve.points.map(\.step) == [6, 12, 18, 24, 30])
        #expect(run.curve.points.map(\.tokens) == [126, 252, 378, 504, 630])
        #expect(zip(run.curve.points, run.curve.points.dropFirst()).allSatisfy { $0.seconds < $1.seconds })
        #expect(run.validationLoss == run.curve.points.map(\.loss).min())
        // Letters that are all as likely as each other would have ln 16.
        #expect(try #require(run.validationLoss) < 2.7, "\(entry.model.cell)")
      }
      #expect(entry.runs[0].curve != entry.runs[1].curve)
    }
    #expect(events.first?.runs == 2 * CellKind.allCases.count && events.last?.progress == 1)
  }

  @Test func theSameSeedsGiveTheSameCurvesOnAnyNumberOfThreads() throws {
    let first = try comparison().run(on: sampleText(), clock: SteppingClock())
    #expect(try comparison().run(on: sampleText(), clock: SteppingClock()) == first)
    let other = try comparison(threads: 3).run(on: sampleText(), clock: SteppingClock())
    #expect(other.entries.map { $0.runs.map(\.curve) } == first.entries.map { $0.runs.map(\.curve) })
  }

  /// Two looks a step at a clock that counts looks; those of twenty measurements leave no trace.
  @Test func measuringTakesNothingOfTheTime() throws {
    var few = try comparison(seeds: 1)
    few.measurements = 1
    var many = few
    many.measurements = 30
    func seconds(_ comparison: TextComparison) throws -> Double {
      try comparison.run(on: sampleText(), clock: SteppingClock()).entries[0].runs[0].seconds
    }
    // A clock that stands is looked at when it stops and when it goes on; it counts one of the two.
    #expect(try seconds(many) - seconds(few) <= 30)
  }

  @Test func withoutValidationTextThereIsNothingToCompare() throws {
    var text = sampleText()
    text.validation = nil
    let error = #expect(throws: ComparisonError.self) { try comparison().run(on: text) }
    #expect(
      error?.description
        == "there is no validation text to compare the models on. Set some aside with --validation.")
  }
}

/// Lanes against one pass through the text.
struct LaneValidationTests {
  let model = ModelConfiguration(vocabularySize: 18, embeddingSize: 5, hiddenSize: 9, layers: 2)

  @Test(arguments: [1, 20, 127, 128, 129, 900, 5000], [false, true])
  func theLossIsThatOfOnePassThroughTheText(count: Int, scoresEndOfText: Bool) throws {
    let text = sampleText(count: count + 50, validation: count)
    let validation = try #require(text.validation)
    let model = try LanguageModel(untrained: model, seed: 3)
    let lanes = try LaneValidation(validation, scoresEndOfText: scoresEndOfText, pool: WorkerPool(threads: 2))
    let tokens = try validation.tokens.tokens(in: validation.range)
    let losses = try SequenceScorer(model: model, scoresEndOfText: scoresEndOfText).score(tokens)
    let scored = tokens.count { scoresEndOfText || $0 != 0 }
    #expect(lanes.tokenCount == scored)
    let expected = losses.reduce(0) { $0 + Double($1) } / Double(max(1, scored))
    // With several lanes only what is left of a memory older than 128 tokens is different.
    #expect(abs(lanes.loss(of: model) - expected) < 1e-5)
    #expect(lanes.loss(of: model) == lanes.loss(of: model))
  }
}
