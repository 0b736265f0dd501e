import Foundation
import Testing
import TsuzuriModel

@testable import TsuzuriTraining

struct LearningRateFinderTests {
  private let sample = TrainerTests()

  private func curve(
    _ optimizer: OptimizerChoice, _ options: LearningRateFinder.Options, clipping: GradientClipping = .init(),
    threads: Int = 2
  ) throws -> LearningRateCurve? {
    var training = sample.options
    (training.optimizer, training.clipping) = (optimizer, clipping)
    return try LearningRateFinder(
      text: sample.text, model: sample.model, configuration: training, options: options, threads: threads
    ).run()
  }

  /// 96 steps of a text with 16 in an epoch, so the text begins again, too.
  @Test func theLossFallsAndExplodes() throws {
    let options = LearningRateFinder.Options(lowest: 1e-4, highest: 1e2, steps: 96)
    let found = try #require(try curve(.adamW(.init()), options))
    #expect(found.hasExploded && found.points.count < 96)
    for (s, point) in found.points.enumerated() {
      #expect(abs(point.learningRate / (1e-4 * pow(1e6, Double(s) / 95)) - 1) < 1e-12)
    }
    let lowest = try #require(found.lowest)
    #expect(lowest.smoothedLoss < found.points[0].loss - 0.2)
    #expect(found.suggestion == lowest.learningRate / 10)
    #expect(try curve(.adamW(.init()), options, threads: 1) == found)
  }

  /// With rates that move nothing the losses are those of the untrained model on each window: of a run's own windows.
  @Test func windowsAreThoseOfARun() throws {
    let options = LearningRateFinder.Options(lowest: 1e-20, highest: 1e-19, steps: 40)
    var training = sample.options
    training.hasRandomWindows = true
    let found = try #require(
      try LearningRateFinder(text: sample.text, model: sample.model, configuration: training, options: options).run())
    (training.learningRate, training.schedule) = (1e-20, .constant)
    (training.epochs, training.maximumSteps, training.reportInterval) = (100, 40, 1)
    let trainer = try Trainer(text: sample.text, model: sample.model, configuration: training)
    var losses: [Double] = []
    _ = try trainer.run { if case .stepped(let report) = $0 { losses.append(report.loss) } }
    #expect(found.points.count == 40 && losses.count == 40)
    for (point, loss) in zip(found.points, losses) { #expect(abs(point.loss - loss) < 1e-6) }
  }

  @Test func ratesThatAreTooSmallMoveNothing() throws {
    let options = LearningRateFinder.Options(lowest: 1e-20, highest: 1e-15, steps: 20)
    let found = try #require(try curve(.adamW(.init()), options))
    #expect(!found.hasExploded && found.points.count == 20)
    #expect(found.points.map(\.learningRate).last.map { abs($0 - 1e-15) < 1e-27 } == true)
  }

  @Test func itStopsWhenItIsAsked() throws {
    var steps = 0
    let finder = try LearningRateFinder(
      text: sample.text, model: sample.model, configuration: sample.options)
    let found = try finder.run(onStep: { _, _, _ in steps += 1 }, shouldStop: { steps == 3 })
    #expect(found == nil && steps == 3)
  }

  @Test func impossibleNumbersAreRefused() {
    func message(_ options: LearningRateFinder.Options) -> String? {
      #expect(throws: OptimizationError.self) { try options.validate() }?.description
    }
    #expect(
      message(.init(lowest: 0)) == "--find-from: expected a positive number that single precision can hold, found 0.")
    #expect(
      message(.init(highest: .infinity))
        == "--find-to: expected a positive number that single precision can hold, found inf.")
    #expect(message(.init(lowest: 1, highest: 1)) == "--find-to: expected a number above that of --find-from, found 1.")
    #expect(message(.init(steps: 9)) == "--find-steps: expected a number from 10 to 1000000, found 9.")
  }
}

struct LearningRateCurveTests {
  /// Triangular weights over at most a thirtieth of the steps on each side, and as many on either side.
  @Test func lossesAreSmoothedAroundTheirPlace() {
    let losses = [4.0, 4, 1, 4, 4, 4, 10]
    let curve = LearningRateCurve(
      losses.enumerated().map { (pow(10, Double($0)), $1) }, plannedSteps: 60, hasExploded: false)
    let expected: [Double] = [4, 13.0 / 4, 27.0 / 9, 30.0 / 9, 39.0 / 9, 22.0 / 4, 10]
    for (point, expected) in zip(curve.points, expected) { #expect(abs(point.smoothedLoss - expected) < 1e-12) }
    #expect(curve.lowest?.learningRate == 100)
    // No rate has had its neighbours before that one.
    #expect(curve.suggestion == nil)
  }

  @Test func aLossThatNeverFallsSuggestsNothing() {
    let rising = LearningRateCurve(
      (0..<40).map { (pow(1.1, Double($0)), 3 + 0.1 * Double($0)) }, plannedSteps: 30, hasExploded: true)
    #expect(rising.suggestion == nil)
    #expect(LearningRateCurve([], plannedSteps: 30, hasExploded: true).suggestion == nil)
  }

  /// From 3 nats down to 2 at a rate of 1, and up again: a tenth of 1 is suggested, and the picture shows 1.95 to 3.5.
  @Test func aTenthOfTheLowestPlaceIsSuggested() throws {
    let steps = (0...80).map { s -> (learningRate: Double, loss: Double) in
      let exponent = Double(s) / 20 - 3
      return (pow(10, exponent), exponent < -2 ? 3 : 2 + abs(exponent) / 2)
    }
    let curve = LearningRateCurve(steps, plannedSteps: 30, hasExploded: false)
    let suggestion = try #require(curve.suggestion)
    #expect(abs(suggestion - 0.1) < 1e-9)
    #expect(abs(curve.shownLosses.lowerBound - 1.96) < 0.02 && abs(curve.shownLosses.upperBound - 3.5) < 0.03)
  }
}
