import Foundation
import Testing
import TsuzuriData
import TsuzuriKernels
import TsuzuriModel
import TsuzuriModelFolder

@testable import TsuzuriTraining

/// Steps that lead nowhere: not taken, counted, and after some of them the run goes back and takes smaller ones.
struct DivergenceTests {
  private let sample = TrainerTests()

  /// 80 steps in 5 epochs, with a good state every 8 steps.
  private var options: TrainingConfiguration {
    var options = sample.options
    options.epochs = 5
    options.goodStateInterval = 8
    return options
  }

  private func trainer(
    _ options: TrainingConfiguration, initialModel: LanguageModel? = nil, resumes: Bool = false
  ) throws -> Trainer {
    try Trainer(
      text: sample.text, model: sample.model, configuration: options, initialModel: initialModel,
      destination: sample.destination(), resumes: resumes, threads: 2)
  }

  private func weights() throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: sample.path + "/model.safetensors"))
  }

  private func remove() throws { try FileManager.default.removeItem(atPath: sample.path) }

  @Test func aLearningRateOfAThousandStopsWithAUsableModel() throws {
    var options = options
    options.learningRate = 1000
    options.schedule = .constant
    options.epochs = 1
    let first = try trainer(options)
    let expected = TrainingError.diverged(step: 11, setbacks: 5, learningRate: 31.25, kept: .step(0))
    #expect(throws: expected) { _ = try first.run() }
    first.close()
    #expect(
      expected.description
        == "step 11: training has diverged: the loss is not finite, or more than ten times that of a blind guess, "
        + "also after it went back 5 times, at last with a learning rate of 31.25. "
        + "The model keeps the weights of step 0. Train again with a lower --learning-rate.")
    let model = try LanguageModel(weightsAt: sample.path + "/model.safetensors", configuration: sample.model)
    #expect(model.values(of: "rnn.weight_hh_l1").allSatisfy { abs($0) < 1 })
    let losses = try SequenceScorerLosses.of(model, [0, 3, 5, 200])
    #expect(losses.allSatisfy { $0.isFinite && $0 < 10 })
    // A resumed run says it again, and changes nothing.
    let before = try weights()
    let second = try trainer(options, resumes: true)
    #expect(throws: expected) { _ = try second.run() }
    second.close()
    #expect(try weights() == before)
    // The model that it speaks of is there, or is made anew.
    try FileManager.default.removeItem(atPath: sample.path + "/model.safetensors")
    let third = try trainer(options, resumes: true)
    #expect(throws: expected) { _ = try third.run() }
    third.close()
    #expect(try weights() == before)
    try remove()
  }

  /// A rate that is too high by far for plain gradient descent, and right after some setbacks.
  private var rash: TrainingConfiguration {
    var options = options
    options.optimizer = .sgd(SGD.Options())
    options.clipping = GradientClipping()
    options.learningRate = 2000
    options.divergenceRetries = 20
    return options
  }

  @Test func aRunGoesBackUntilTheRateIsLowEnough() throws {
    let trainer = try trainer(rash)
    var notices: [String] = []
    let result = try trainer.run { if case .notice(let text) = $0 { notices.append(text) } }
    trainer.close()
    #expect(result.steps == 80 && result.setbacks > 1)
    #expect(try #require(result.validationLoss) < 5.5)
    let first = try #require(notices.first { $0.contains("goes back") })
    #expect(first.hasSuffix("it goes back to step 0, with 0.5 of the learning rate (setback 1 of 20)."), "\(first)")
    let log = try sample.log()
    #expect(log.map { $0["step"] ?? 0 } == log.map { $0["step"] ?? 0 }.sorted())
    #expect(Set(log.compactMap { $0["step"] }).count == log.count, "each step once")
    #expect(log.contains { $0["went_back_from_step"] != nil })
    try remove()
  }

  /// Stopped every so many steps, also between a bad step and the way back, and resumed.
  @Test(arguments: [1, 3, 10])
  func aRunThatGoesBackEndsInTheSameBytesAfterBeingResumed(stopAfter: Int) throws {
    let whole = try trainer(rash)
    let expected = try whole.run()
    let (end, lines) = (try weights(), try sample.log())
    whole.close()
    try remove()
    var result: TrainingResult?
    var resumes = false
    var runs = 0
    while result?.isInterrupted ?? true, runs < 1000 {
      var taken = 0
      let part = try trainer(rash, resumes: resumes)
      result = try part.run(onEvent: { if case .stepped = $0 { taken += 1 } }, shouldStop: { taken >= stopAfter })
      part.close()
      resumes = true
      runs += 1
    }
    #expect(result?.setbacks == expected.setbacks && result?.skippedSteps == expected.skippedSteps)
    #expect(try weights() == end)
    #expect(try sample.log().map { line in line.filter { $0.key != "resumed_from_step" } } == lines)
    try remove()
  }

  @Test func poisonedWeightsAreLeftBehind() throws {
    let trainer = try trainer(options)
    var notices: [String] = []
    let result = try trainer.run { event in
      if case .notice(let text) = event { notices.append(text) }
      guard case .stepped(let report) = event, report.step == 20, notices.isEmpty else { return }
      poison(trainer)
    }
    trainer.close()
    #expect(
      notices == [
        "step 21: the loss or the gradient is not finite; the step is not taken.",
        "step 21: training has diverged; it goes back to step 16, with 0.5 of the learning rate (setback 1 of 5).",
      ])
    #expect(result.steps == 80 && result.skippedSteps == 1 && result.setbacks == 1)
    #expect(try #require(result.validationLoss) < 5.5)
    let line = try #require(try sample.log().first { $0["went_back_from_step"] != nil })
    #expect(line["went_back_from_step"] == 21 && line["skipped_steps"] == 1 && line["step"] == 18)
    try remove()
  }

  private func poison(_ trainer: Trainer) {
    trainer.step.parameters.pointer[trainer.step.layout["rnn.weight_hh_l0"].offset + 3] = .nan
  }

  /// The validation that finds no better loss would end the run, and no step would find out why.
  @Test func weightsThatPatienceWouldEndARunWithAreLeftBehind() throws {
    var options = options
    (options.validationInterval, options.patience) = (.steps(5), 1)
    let trainer = try trainer(options)
    var notices: [String] = []
    let result = try trainer.run { event in
      if case .notice(let text) = event { notices.append(text) }
      if case .stepped(let report) = event, report.step == 5, notices.isEmpty { poison(trainer) }
    }
    trainer.close()
    #expect(
      notices == [
        "step 5: training has diverged; it goes back to step 0, with 0.5 of the learning rate (setback 1 of 5)."
      ]
    )
    #expect(result.setbacks == 1 && result.steps > 5 && !result.isInterrupted)
    #expect(try #require(result.validationLoss) < 5.5)
    #expect(throws: Never.self) {
      _ = try LanguageModel(weightsAt: sample.path + "/model.safetensors", configuration: sample.model)
    }
    try remove()
  }

  /// What is not finite is not saved, which the result tells; the resumed run takes the steps again.
  @Test func aRunThatIsStoppedWithBrokenWeightsTellsWhatIsSaved() throws {
    let whole = try trainer(options)
    _ = try whole.run()
    whole.close()
    let end = try weights()
    try remove()
    var taken = 0
    let first = try trainer(options)
    let stopped = try first.run(
      onEvent: { event in
        guard case .stepped(let report) = event else { return }
        taken = report.step
        if taken == 20 { poison(first) }
      }, shouldStop: { taken == 20 })
    first.close()
    #expect(stopped.isInterrupted && stopped.steps == 20)
    #expect(try #require(stopped.savedStep) < 20)
    let second = try trainer(options, resumes: true)
    let result = try second.run()
    second.close()
    #expect(result.steps == 80 && result.savedStep == 80)
    #expect(try weights() == end)
    try remove()
  }

  /// Poisons the weights after a step, and before that damages good states in the folder: all but the first `kept`.
  private func poison(_ trainer: Trainer, afterStep poisoned: Int, keeping kept: Int) throws -> [String] {
    var notices: [String] = []
    _ = try trainer.run { event in
      if case .notice(let text) = event { notices.append(text) }
      guard case .stepped(let report) = event, report.step == poisoned, notices.isEmpty else { return }
      poison(trainer)
      trainer.saving?.wait()
      let folder = sample.path + "/training/"
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("good-") }
      for name in names.sorted(by: { $0.utf8.count == $1.utf8.count ? $0 < $1 : $0.utf8.count < $1.utf8.count })
        .dropFirst(kept)
      {
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + name)))
        bytes[bytes.count - 5] ^= 4
        try Data(bytes).write(to: URL(fileURLWithPath: folder + name))
      }
    }
    return notices
  }

  @Test func aDamagedGoodStateIsPassedOverForTheOneBefore() throws {
    let trainer = try trainer(options)
    let notices = try poison(trainer, afterStep: 20, keeping: 1)
    trainer.close()
    #expect(
      notices == [
        "step 21: the loss or the gradient is not finite; the step is not taken.",
        "\(sample.path)/training/good-16.safetensors cannot be used: its checksum is not the one in index.json",
        "step 21: training has diverged; it goes back to step 8, with 0.5 of the learning rate (setback 1 of 5).",
      ])
    try remove()
  }

  @Test func aRunWhoseGoodStatesAreAllDamagedSaysSo() throws {
    let trainer = try trainer(options)
    let error = #expect(throws: TrainingError.self) { _ = try poison(trainer, afterStep: 10, keeping: 0) }
    trainer.close()
    guard case .diverged(11, 0, let rate, .unusable) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(
      error?.description
        == "step 11: training has diverged: the loss is not finite, or more than ten times that of a blind guess, "
        + "with a learning rate of \(rate). The states that it could go back to are damaged, and the model keeps the "
        + "weights that were saved last. Begin anew with --overwrite and a lower --learning-rate.")
    try remove()
  }

  /// Without an index, the good state is found by what the files say of themselves.
  @Test func aRunThatHasLostItsIndexStillKnowsWhereToGoBackTo() throws {
    let whole = try trainer(rash)
    _ = try whole.run()
    let end = try weights()
    whole.close()
    try remove()
    var taken = 0
    let first = try trainer(rash)
    _ = try first.run(onEvent: { if case .stepped = $0 { taken += 1 } }, shouldStop: { taken >= 9 })
    first.close()
    try FileManager.default.removeItem(atPath: sample.path + "/training/index.json")
    let second = try trainer(rash, resumes: true)
    #expect(second.goodStep != nil)
    _ = try second.run()
    second.close()
    #expect(try weights() == end)
    try remove()
  }

  private struct Crash: Error {}

  /// Nor does it go the old way once more: what it left behind has more steps than where it went back to.
  @Test func aRunThatHasLostItsIndexKnowsThatItWentBack() throws {
    let first = try trainer(options)
    #expect(throws: Crash.self) {
      _ = try first.run { event in
        if case .stepped(let report) = event, report.step == 22 { poison(first) }
        if case .notice(let notice) = event, notice.contains("goes back to step 16") { throw Crash() }
      }
    }
    first.close()
    let names = try FileManager.default.contentsOfDirectory(atPath: sample.path + "/training")
    #expect(names.contains("checkpoint-20.safetensors"), "\(names)")
    try FileManager.default.removeItem(atPath: sample.path + "/training/index.json")
    let second = try trainer(options, resumes: true)
    #expect(second.resumedFromStep == 16 && second.progress.setbacks == 1)
    let result = try second.run()
    second.close()
    #expect(result.steps == 80 && result.setbacks == 1)
    try remove()
  }

  /// They are fewer than those that end a run's way, but they are its last.
  @Test func aRunDoesNotEndWithAStepThatWasNotTaken() throws {
    let broken = try LanguageModel(untrained: sample.model)
    let output = broken.layout["output.weight"]
    for i in 0..<output.count { broken.parameters.pointer[output.offset + i] = 3e38 }
    var options = options
    options.maximumSteps = 5
    let trainer = try trainer(options, initialModel: broken)
    let error = #expect(throws: TrainingError.self) { _ = try trainer.run() }
    trainer.close()
    guard case .diverged(5, 0, _, .none) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    try remove()
  }

  @Test func weightsThatNoStepCanBeTakenFromAreNoBeginning() throws {
    let broken = try LanguageModel(untrained: sample.model)
    let output = broken.layout["output.weight"]
    for i in 0..<output.count { broken.parameters.pointer[output.offset + i] = 3e38 }
    let trainer = try trainer(options, initialModel: broken)
    let error = #expect(throws: TrainingError.self) { _ = try trainer.run() }
    trainer.close()
    guard case .diverged(10, 0, let rate, .none) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(
      error?.description
        == "step 10: training has diverged: the loss is not finite, or more than ten times that of a blind guess, "
        + "with a learning rate of \(rate). No step could be taken. "
        + "Begin with other weights, or with a lower --learning-rate.")
    try remove()
  }

  @Test func aRunWithoutRetriesGivesUpAtOnce() throws {
    var options = rash
    options.divergenceRetries = 0
    let trainer = try Trainer(text: sample.text, model: sample.model, configuration: options)
    let error = #expect(throws: TrainingError.self) { _ = try trainer.run() }
    guard case .diverged(let step, 0, let rate, .forgotten) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(
      error?.description
        == "step \(step): training has diverged: the loss is not finite, or more than ten times that of a blind guess, "
        + "with a learning rate of \(rate). No state on the way was kept, as the run has no folder and may not go back. "
        + "Train again with a lower --learning-rate.")
  }
}

/// The losses of a few tokens.
private enum SequenceScorerLosses {
  static func of(_ model: LanguageModel, _ ids: [Int32]) throws -> [Double] {
    let session = InferenceSession(model: model)
    return try zip(ids, ids.dropFirst()).map { fed, scored in
      try session.feed([fed])
      let logits = session.logits.map(Double.init)
      return Foundation.log(logits.reduce(0) { $0 + exp($1) }) - logits[Int(scored)]
    }
  }
}
