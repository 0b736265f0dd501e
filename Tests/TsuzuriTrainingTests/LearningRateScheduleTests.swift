import Foundation
import Testing
import TsuzuriTraining
import _TestSupport

/// A case of `schedules.json`: the rate of every step by PyTorch's schedulers.
struct ScheduleReference: Decodable, CustomTestStringConvertible {
  var schedule: String
  var learningRate: Double
  var steps, warmupSteps: Int
  var finalFraction, factor, rise, initialDivisor, finalDivisor: Double?
  var afterEpoch, stepsPerEpoch: Int?
  var rates: [Double]

  static let all = (try? ReferenceValues.cases(ScheduleReference.self, named: "schedules", in: .module)) ?? []

  var testDescription: String { "\(schedule), \(steps) steps" }

  func make() throws -> LearningRateSchedule {
    var made: LearningRateSchedule =
      switch schedule {
      case "cosine": .cosine(finalFraction: try #require(finalFraction))
      case "step": .step(afterEpoch: try #require(afterEpoch), factor: try #require(factor))
      case "one-cycle":
        .oneCycle(
          rise: try #require(rise), initialDivisor: try #require(initialDivisor),
          finalDivisor: try #require(finalDivisor))
      default: .constant
      }
    made.warmupSteps = warmupSteps
    return made
  }
}

/// A case of `plateaus.json`: the rate after each validation by `ReduceLROnPlateau`.
struct PlateauReference: Decodable {
  var learningRate, factor, threshold, minimumFraction: Double
  var patience: Int
  var losses, rates: [Double]
}

struct LearningRateScheduleTests {
  @Test func referenceFileHasItsCases() throws {
    let cases = try ReferenceValues.cases(ScheduleReference.self, named: "schedules", in: .module)
    #expect(cases.count == 11 && Set(cases.map(\.schedule)) == ["constant", "cosine", "step", "one-cycle"])
  }

  @Test(arguments: ScheduleReference.all)
  func ratesAgreeWithPyTorch(_ reference: ScheduleReference) throws {
    var scheduler = try LearningRateScheduler(reference.make(), learningRate: reference.learningRate)
    for (step, expected) in reference.rates.enumerated() {
      let rate = scheduler.learningRate(
        step: step, progress: Double(step) / Double(reference.steps),
        epoch: reference.stepsPerEpoch.map { step / $0 } ?? 0)
      // PyTorch computes some rates from the one before; the values are stored with 14 digits.
      #expect(abs(rate - expected) <= 1e-12 * reference.learningRate, "step \(step)")
    }
  }

  @Test func plateauAgreesWithPyTorch() throws {
    let cases = try ReferenceValues.cases(PlateauReference.self, named: "plateaus", in: .module)
    #expect(cases.count == 4)
    for reference in cases {
      var scheduler = try LearningRateScheduler(
        .plateau(
          factor: reference.factor, patience: reference.patience, threshold: reference.threshold,
          minimumFraction: reference.minimumFraction), learningRate: reference.learningRate)
      for (place, (loss, expected)) in zip(reference.losses, reference.rates).enumerated() {
        scheduler.observe(validationLoss: loss)
        let rate = scheduler.learningRate(step: place, progress: 0.5)
        #expect(abs(rate - expected) <= 1e-12 * expected, "validation \(place)")
      }
    }
  }

  /// Where time bounds the run, warm-up ends at a progress that is known only then; the cosine starts from there.
  @Test func cosineIsLaidOverWhatWarmupLeaves() throws {
    var scheduler = try LearningRateScheduler(.cosine(warmupSteps: 2, finalFraction: 0.1), learningRate: 3)
    #expect(scheduler.learningRate(step: 0, progress: 0) == 1)
    #expect(scheduler.learningRate(step: 1, progress: 0.1) == 2)
    #expect(scheduler.learningRate(step: 2, progress: 0.2) == 3)
    #expect(abs(scheduler.learningRate(step: 9, progress: 0.6) - 3 * 0.55) <= 1e-12)
    #expect(abs(scheduler.learningRate(step: 20, progress: 1) - 0.3) <= 1e-12)
    // A run may overshoot its time by a step.
    #expect(abs(scheduler.learningRate(step: 21, progress: 1.02) - 0.3) <= 1e-12)
  }

  /// Warm-up by itself is a straight line, whatever it is that it leads to; plateaus count validations from the beginning.
  @Test func plateauIsWarmedUp() throws {
    var schedule = LearningRateSchedule.plateau(factor: 0.5, patience: 0)
    schedule.warmupSteps = 3
    var scheduler = try LearningRateScheduler(schedule, learningRate: 8)
    #expect(scheduler.learningRate(step: 0, progress: 0) == 2)
    for loss in [1.0, 1] { scheduler.observe(validationLoss: loss) }
    #expect(scheduler.learningRate(step: 2, progress: 0.2) == 3)
    #expect(scheduler.learningRate(step: 3, progress: 0.3) == 4)
  }

  /// Where time bounds the run, the cycle's steps are as many as there seem to be.
  @Test func oneCycleFollowsTheProgress() throws {
    var scheduler = try LearningRateScheduler(.oneCycle(rise: 0.25, initialDivisor: 4), learningRate: 4)
    #expect(scheduler.learningRate(step: 0, progress: 0) == 1)
    // 400 steps, it seems: the top is at 99.
    #expect(abs(scheduler.learningRate(step: 99, progress: 0.2475) - 4) <= 1e-9)
    // Now the run goes twice as fast: 800 steps, of which 199 lead to the top.
    let rising = scheduler.learningRate(step: 150, progress: 0.1875)
    #expect(abs(rising - (1 + 3 * (1 - cos(.pi * 150 / 199)) / 2)) <= 1e-9)
    #expect(abs(scheduler.learningRate(step: 800, progress: 1) - 1e-4) <= 1e-12)
  }

  @Test func constantStaysAndHeedsNoValidation() throws {
    var scheduler = try LearningRateScheduler(.constant, learningRate: 0.25)
    for loss in [1.0, 2, 3, 4, 5] { scheduler.observe(validationLoss: loss) }
    #expect(scheduler.learningRate(step: 7, progress: 0.9) == 0.25)
  }

  @Test func lossThatIsNoNumberIsNoImprovement() throws {
    var scheduler = try LearningRateScheduler(.plateau(factor: 0.5, patience: 1), learningRate: 1)
    scheduler.observe(validationLoss: .nan)
    #expect(scheduler.learningRate(step: 0, progress: 0) == 1)
    scheduler.observe(validationLoss: .nan)
    #expect(scheduler.learningRate(step: 1, progress: 0) == 0.5)
  }

  /// What the checkpoint stores is enough to go on, in the middle of warm-up's end and of a plateau.
  @Test(arguments: [
    LearningRateSchedule.constant, .cosine(warmupSteps: 3, finalFraction: 0.2), .plateau(factor: 0.3, patience: 2),
    .step(afterEpoch: 1), .oneCycle(), LearningRateSchedule(.constant, warmupSteps: 5),
    LearningRateSchedule(.oneCycle(rise: 0.4, initialDivisor: 9, finalDivisor: 7), warmupSteps: 4),
  ])
  func storedSchedulerGoesOnInTheSameBits(_ schedule: LearningRateSchedule) throws {
    var original = try LearningRateScheduler(schedule, learningRate: 0.1)
    var resumed = original
    for step in 0..<12 {
      let progress = Double(step) / 13
      #expect(
        original.learningRate(step: step, progress: progress, epoch: step / 3)
          == resumed.learningRate(step: step, progress: progress, epoch: step / 3))
      original.observe(validationLoss: 3.3)
      resumed.observe(validationLoss: 3.3)
      resumed = try JSONDecoder().decode(LearningRateScheduler.self, from: JSONEncoder().encode(resumed))
      #expect(resumed == original)
    }
  }

  @Test func jsonIsFlat() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let schedules: [LearningRateSchedule] = [
      .constant, .cosine(warmupSteps: 5), .plateau(), .step(afterEpoch: 6, factor: 1.25),
      LearningRateSchedule(.oneCycle(rise: 0.5, initialDivisor: 25, finalDivisor: 100), warmupSteps: 2),
    ]
    let texts = try schedules.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
    #expect(
      texts == [
        #"{"name":"constant","warmupSteps":0}"#,
        #"{"finalFraction":0,"name":"cosine","warmupSteps":5}"#,
        #"{"factor":0.5,"minimumFraction":0,"name":"plateau","patience":2,"threshold":0.0001,"warmupSteps":0}"#,
        #"{"afterEpoch":6,"factor":1.25,"name":"step","warmupSteps":0}"#,
        #"{"finalDivisor":100,"initialDivisor":25,"name":"one-cycle","rise":0.5,"warmupSteps":2}"#,
      ])
    let decoder = JSONDecoder()
    #expect(try texts.map { try decoder.decode(LearningRateSchedule.self, from: Data($0.utf8)) } == schedules)
    #expect(try decoder.decode(LearningRateSchedule.self, from: Data(#"{"name":"constant"}"#.utf8)) == .constant)
  }

  @Test func impossibleOptionsAreRefused() {
    func message(_ body: () throws -> Void) -> String? {
      do {
        try body()
        return nil
      } catch { return String(describing: error) }
    }
    #expect(
      message { _ = try LearningRateSchedule(named: "linear") }
        == "--schedule: expected constant, cosine, plateau, step or one-cycle, found 'linear'.")
    for (rate, found) in [(-1, "-1"), (0, "0"), (.nan, "nan"), (.infinity, "inf"), (-0.5, "-0.5")] as [(Double, String)]
    {
      #expect(
        message { _ = try LearningRateScheduler(.constant, learningRate: rate) }
          == "--learning-rate: expected a positive number that single precision can hold, found \(found).")
    }
    #expect(
      message { _ = try LearningRateSchedule(named: "cosine", warmupSteps: -3) }
        == "--warmup-steps: expected 0 or more, found -3.")
    #expect(
      message { _ = try LearningRateSchedule(named: "cosine", numbers: .init(finalFraction: 1.5)) }
        == "--final-learning-rate-fraction: expected a number from 0 to 1, found 1.5.")
    #expect(
      message { try LearningRateSchedule.step(afterEpoch: -1).validate() }
        == "--step-after: expected 0 or more, found -1.")
    #expect(
      message { _ = try LearningRateSchedule(named: "step", numbers: .init(stepFactor: 0.5)) }
        == "--step-factor: expected a finite number, 1 or more, found 0.5.")
    #expect(
      message { try LearningRateSchedule.oneCycle(rise: 1).validate() }
        == "--one-cycle-rise: expected a number between 0 and 1, found 1.")
    #expect(
      message { try LearningRateSchedule.oneCycle(initialDivisor: 0.5).validate() }
        == "the initial divisor of one-cycle: expected a finite number, 1 or more, found 0.5.")
    #expect(
      message { try LearningRateSchedule.oneCycle(finalDivisor: .infinity).validate() }
        == "the final divisor of one-cycle: expected a finite number, 1 or more, found inf.")
    #expect(
      message { try LearningRateSchedule.plateau(factor: 1).validate() }
        == "--plateau-factor: expected a number between 0 and 1, found 1.")
    #expect(
      message { try LearningRateSchedule.plateau(patience: -1).validate() }
        == "--plateau-patience: expected 0 or more, found -1.")
    #expect(
      message { try LearningRateSchedule.plateau(threshold: .nan).validate() }
        == "the plateau's threshold: expected a number from 0 to below 1, found nan.")
    #expect(
      message { try LearningRateSchedule.plateau(minimumFraction: -0.1).validate() }
        == "the plateau's minimum fraction: expected a number from 0 to 1, found -0.1.")
  }
}
