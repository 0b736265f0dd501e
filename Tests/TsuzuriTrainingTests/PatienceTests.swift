import Foundation
import Testing
import TsuzuriKernels
import TsuzuriModel

@testable import TsuzuriTraining

/// What a run does at its validations: 16 steps make an epoch of the sample text.
struct PatienceTests {
  private let sample = TrainerTests()

  private var options: TrainingConfiguration {
    var options = sample.options
    options.schedule = .constant
    return options
  }

  @Test func validationsComeAfterSoManyStepsAndAfterEachEpoch() throws {
    var options = options
    options.validationInterval = .steps(5)
    let trainer = try Trainer(
      text: sample.text, model: sample.model, configuration: options, destination: sample.destination())
    _ = try trainer.run()
    trainer.close()
    let steps = try sample.log().filter { $0["validation_loss"] != nil }.map { $0["step"] }
    #expect(steps == [5, 10, 15, 16, 20, 25, 30, 32])
    // Each step stands in the log once.
    let all = try sample.log().compactMap { $0["step"] }
    #expect(all == Array(Set(all)).sorted())
    try FileManager.default.removeItem(atPath: sample.path)
  }

  /// 3 of 10 epochs are measured, and the end, which is the end of the tenth.
  @Test func validationsComeAfterSoManyEpochsAndAtTheEnd() throws {
    var options = options
    (options.validationInterval, options.epochs, options.reportInterval) = (.epochs(3), 10, 16)
    let trainer = try Trainer(
      text: sample.text, model: sample.model, configuration: options, destination: sample.destination())
    var ended: [Int] = []
    let result = try trainer.run { event in
      if case .epochEnded(let epoch) = event { ended.append(epoch) }
    }
    trainer.close()
    #expect(result.steps == 160 && ended == Array(1...10))
    let log = try sample.log()
    #expect(log.filter { $0["validation_loss"] != nil }.map { $0["step"] } == [48, 96, 144, 160])
    // The epochs between have their lines as ever.
    #expect(log.map { $0["step"] } == (1...10).map { Double(16 * $0) })
    try FileManager.default.removeItem(atPath: sample.path)
  }

  @Test func intervalsAreReadAsTheyAreWritten() throws {
    #expect(ValidationInterval("epoch") == .epochs(1))
    #expect(ValidationInterval("5epochs") == .epochs(5))
    #expect(ValidationInterval("500") == .steps(500))
    // What runs say that were begun before there were epochs.
    #expect(ValidationInterval("none") == .epochs(1))
    for text in ["", "0", "-1", "0epochs", "epochs", "5 epochs", "5epoch", "60s", "1e3"] {
      #expect(ValidationInterval(text) == nil, "\(text)")
    }
    for interval in [ValidationInterval.epochs(1), .epochs(7), .steps(20)] {
      let written = try JSONEncoder().encode([interval])
      #expect(try JSONDecoder().decode([ValidationInterval].self, from: written) == [interval])
    }
    // Runs that were begun before epochs could be counted have a number, of steps.
    #expect(try JSONDecoder().decode([ValidationInterval].self, from: Data("[20]".utf8)) == [.steps(20)])
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([ValidationInterval].self, from: Data(#"["never"]"#.utf8))
    }
  }

  /// A rate that moves nothing: the first validation is the best, and the others are as good, which is no improvement.
  @Test func aRunEndsWhenValidationsBringNothing() throws {
    var options = options
    (options.learningRate, options.validationInterval, options.patience) = (1e-30, .steps(5), 3)
    let trainer = try Trainer(
      text: sample.text, model: sample.model, configuration: options, destination: sample.destination())
    var notices: [String] = []
    let result = try trainer.run { event in
      if case .notice(let text) = event { notices.append(text) }
    }
    trainer.close()
    #expect(result.steps == 16 && !result.isInterrupted)
    #expect(
      notices == [
        "step 16: 3 validations in a row brought no lower loss; the run ends here, with the best weights so far."
      ])
    // It is finished: resuming leaves it as it is.
    let again = try Trainer(
      text: sample.text, model: sample.model, configuration: options, destination: sample.destination(), resumes: true)
    #expect(try again.run().steps == 16)
    again.close()
    try FileManager.default.removeItem(atPath: sample.path)
  }

  @Test func anImprovementBeginsTheCountAgain() throws {
    var options = options
    (options.validationInterval, options.patience) = (.steps(5), 1)
    // The loss falls from validation to validation.
    let result = try Trainer(text: sample.text, model: sample.model, configuration: options).run()
    #expect(result.steps == 32)
  }

  private func values(_ model: LanguageModel) -> [Float] {
    withExtendedLifetime(model.parameters) { Array($0.all) }
  }

  private var averaging: TrainingConfiguration {
    var options = options
    options.optimizer = .averagedSGD(.init(nonMonotoneInterval: 0, weightDecay: 0.001))
    (options.learningRate, options.validationInterval, options.epochs) = (3, .steps(3), 3)
    options.clipping = GradientClipping(maximumNorm: 1)
    return options
  }

  /// Algorithm 1 in a run: the notice, and from there on a model that is the mean of the weights after every step.
  @Test func theModelIsTheAverageOnceTheLossFallsNoMore() throws {
    let trainer = try Trainer(text: sample.text, model: sample.model, configuration: averaging)
    var started: Int?
    var visited: [[Float]] = []
    _ = try trainer.run { event in
      if case .notice(let text) = event {
        #expect(
          text.hasSuffix("the validation loss falls no more; from here on the model is the average of the weights."))
        started = trainer.progress.step
        visited.append(Array(trainer.step.parameters.all))
      } else if case .stepped = event, started != nil {
        visited.append(Array(trainer.step.parameters.all))
      }
    }
    let start = try #require(started)
    #expect(start < 40 && trainer.progress.averagingStart == start)
    #expect(visited.count == 48 - start + 1)
    let average = values(trainer.currentModel)
    for i in stride(from: 0, to: average.count, by: 97) {
      let mean = visited.reduce(0.0) { $0 + Double($1[i]) } / Double(visited.count)
      #expect(abs(Double(average[i]) - mean) < 2e-6)
    }
    let isAverage = average != visited.last
    #expect(isAverage)
  }

  @Test(arguments: [2, 7, 16, 30, 47])
  func anAveragingRunThatIsStoppedAndResumedEndsInTheSameBytes(stopAfter: Int) throws {
    func trainer(resumes: Bool = false) throws -> Trainer {
      try Trainer(
        text: sample.text, model: sample.model, configuration: averaging, destination: sample.destination(),
        resumes: resumes)
    }
    func weights() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: sample.path + "/model.safetensors")) }
    let whole = try trainer()
    let expected = try whole.run()
    let (end, current) = (try weights(), values(whole.currentModel))
    whole.close()

    var taken = 0
    let first = try trainer()
    _ = try first.run(onEvent: { if case .stepped = $0 { taken += 1 } }, shouldStop: { taken >= stopAfter })
    first.close()
    let second = try trainer(resumes: true)
    let result = try second.run()
    second.close()
    #expect(result.steps == 48 && result.validationLoss == expected.validationLoss)
    #expect(try weights() == end)
    let isSame = values(second.currentModel) == current
    #expect(isSame)
    try FileManager.default.removeItem(atPath: sample.path)
  }

  @Test func whatWouldChangeAResumedRunIsRefused() throws {
    let first = try Trainer(
      text: sample.text, model: sample.model, configuration: options, destination: sample.destination())
    _ = try first.run(shouldStop: { true })
    first.close()
    func message(_ change: (inout TrainingConfiguration) -> Void) throws -> String? {
      var other = options
      change(&other)
      return #expect(throws: TrainingError.self) {
        _ = try Trainer(
          text: sample.text, model: sample.model, configuration: other, destination: sample.destination(),
          resumes: true)
      }?.description
    }
    let end = " was asked for. Resume without that option, or begin anew with --overwrite."
    #expect(
      try message { $0.validationInterval = .steps(4) }
        == "\(sample.path): the run was begun with --validate-every epoch, and 4" + end)
    #expect(try message { $0.patience = 2 } == "\(sample.path): the run was begun with --patience none, and 2" + end)
    #expect(
      try message { $0.initialWeights = .uniform(bound: 0.1) }
        == "\(sample.path): the run was begun with --initial-weights standard, and uniform:0.1" + end)
    try FileManager.default.removeItem(atPath: sample.path)
  }

  @Test func impossibleNumbersAreRefused() {
    func message(_ change: (inout TrainingConfiguration) -> Void) -> String? {
      var other = options
      change(&other)
      return #expect(throws: OptimizationError.self) { try other.validate() }?.description
    }
    #expect(
      message { $0.validationInterval = .epochs(0) }
        == "--validate-every: expected a number of steps or epochs, 1 or more, found 0.")
    #expect(message { $0.patience = 0 } == "--patience: expected a number of validations, 1 or more, found 0.")
    #expect(
      message { $0.initialWeights = .uniform(bound: -1) }
        == "--initial-weights uniform: expected a positive finite bound, found -1.")
  }
}
