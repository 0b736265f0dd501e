import Foundation
import Synchronization
import Testing
import TsuzuriArchive
import TsuzuriData
import TsuzuriKernels
import TsuzuriModel
import TsuzuriModelFolder
import TsuzuriText

@testable import TsuzuriTraining

struct TrainerTests {
  let path = NSTemporaryDirectory() + "tsuzuri-trainer-\(UUID().uuidString)"
  let model = ModelConfiguration(vocabularySize: 257, embeddingSize: 5, hiddenSize: 9, layers: 2, dropout: 0.2)
  let options = TrainingConfiguration(
    batchSize: 3, sequenceLength: 7, learningRate: 0.01, epochs: 2, checkpointInterval: .steps(4), reportInterval: 3,
    shares: 2)

  /// A text that has something to learn: 400 ids with a period of 11.
  var text: TrainingText {
    let ids: [Int32] = [0] + (0..<400).map { (n: Int) -> Int32 in Int32((n % 11 + n % 3) * 7 % 200 + 1) }
    let tokens = TokenArray(ids)
    return TrainingText(
      tokens: tokens, trainingRange: 0..<330, validation: .init(tokens: tokens, range: 330..<401, utf8Count: 71),
      fingerprint: "sample")
  }

  func destination() throws -> Trainer.Destination {
    let tokenizer = try Tokenizer(
      vocabulary: .bytes, configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .byte)))
    return Trainer.Destination(
      folder: ModelFolder(path), tokenizer: tokenizer,
      record: TrainingRecord(
        corpus: ["sample"], validation: "0.2", options: [:], steps: 0, tokens: 0, validationLoss: nil, environment: [:])
    )
  }

  /// The log without what the clock decides.
  func log() throws -> [[String: Double]] {
    try String(contentsOfFile: path + "/log.jsonl", encoding: .utf8).split(separator: "\n").map { line in
      var fields = try JSONDecoder().decode([String: Double].self, from: Data(line.utf8))
      fields["seconds"] = nil
      fields["tokens_per_second"] = nil
      return fields
    }
  }

  @Test(arguments: [LearningRateSchedule.cosine(warmupSteps: 3), .plateau(patience: 0)], [1, 5, 16, 17, 31])
  func aRunThatIsStoppedAndResumedEndsInTheSameBytes(schedule: LearningRateSchedule, stopAfter: Int) throws {
    var options = options
    options.schedule = schedule
    let whole = try Trainer(text: text, model: model, configuration: options, destination: destination(), threads: 1)
    let expected = try whole.run()
    let weights = try Data(contentsOf: URL(fileURLWithPath: path + "/model.safetensors"))
    let lines = try log()
    #expect(expected.steps == 32)
    whole.close()

    var taken = 0
    let first = try Trainer(text: text, model: model, configuration: options, destination: destination(), threads: 2)
    let stopped = try first.run(
      onEvent: { if case .stepped = $0 { taken += 1 } }, shouldStop: { taken >= stopAfter })
    #expect(stopped.isInterrupted && stopped.steps == stopAfter)
    first.close()
    var started: TrainingStart?
    let second = try Trainer(
      text: text, model: model, configuration: options, destination: destination(), resumes: true, threads: 3)
    let result = try second.run { event in
      if case .started(let start) = event { started = start }
    }
    second.close()
    #expect(started?.step == stopAfter)
    #expect(result.steps == 32 && result.validationLoss == expected.validationLoss)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path + "/model.safetensors")) == weights)
    let resumed = try log()
    #expect(resumed.compactMap { $0["resumed_from_step"] } == [Double(stopAfter)])
    #expect(resumed.map { line in line.filter { $0.key != "resumed_from_step" } } == lines)
    try FileManager.default.removeItem(atPath: path)
  }

  @Test func theValidationLossIsThatOfOnePassWithCarriedState() throws {
    let trainer = try Trainer(text: text, model: model, configuration: options)
    let result = try trainer.run()
    let ids = try text.tokens.tokens(in: 330..<401)
    // Token by token, without the class that training measures with.
    let session = InferenceSession(model: trainer.bestModel)
    var nats = 0.0
    for (fed, scored) in zip([0] + ids, ids) {
      try session.feed([fed])
      let logits = session.logits.map(Double.init)
      nats += Foundation.log(logits.reduce(0) { $0 + exp($1) }) - logits[Int(scored)]
    }
    let mean = nats / Double(ids.count)
    #expect(abs(mean - (result.validationLoss ?? .nan)) < 1e-5)
    // It has learnt: a uniform guess is at ln 257 = 5.5.
    #expect(mean < 5)
  }

  @Test func theFirstStepKnowsHowOftenTokensOccur() throws {
    let bias = try Trainer(text: text, model: model, configuration: options).bestModel.values(of: "output.bias")
    let ids = try text.tokens.tokens(in: 0..<330)
    for id in [1, 8, 100, 256] {
      let count = ids.reduce(0) { $0 + ($1 == Int32(id) ? 1 : 0) }
      let expected = Foundation.log((Double(count) + 0.1) / (330 + 25.7))
      #expect(abs(Double(bias[id]) - expected) < 1e-5)
    }
  }

  @Test func aSampledSoftmaxIsRefusedWhereTheOutputIsAnother() {
    func message(_ change: (inout ModelConfiguration) -> Void) -> String? {
      var (model, options) = (model, options)
      change(&model)
      options.sampledTokens = 10
      return #expect(throws: OptimizationError.self) {
        _ = try Trainer(text: text, model: model, configuration: options)
      }?.description
    }
    let expected = "--sampled-softmax: expected a model with one full softmax, and no smoothing of its labels, found "
    #expect(message { $0.adaptiveCutoffs = [100] } == expected + "an adaptive softmax. Leave one out.")
    #expect(message { $0.isBidirectional = true } == expected + "a bidirectional model. Leave one out.")
    #expect(message { $0.regularization.labelSmoothing = 0.1 } == expected + "label smoothing. Leave one out.")
  }

  @Test func aDamagedCheckpointFallsBackToTheOneBefore() throws {
    var taken = 0
    let first = try Trainer(text: text, model: model, configuration: options, destination: destination())
    _ = try first.run(onEvent: { if case .stepped = $0 { taken += 1 } }, shouldStop: { taken >= 10 })
    first.close()
    let newest = path + "/training/checkpoint-10.safetensors"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: newest))
    bytes[bytes.count / 2] ^= 4
    try bytes.write(to: URL(fileURLWithPath: newest))
    let second = try Trainer(
      text: text, model: model, configuration: options, destination: destination(), resumes: true)
    var notices: [String] = []
    var start = -1
    _ = try second.run { event in
      if case .notice(let text) = event { notices.append(text) }
      if case .started(let sizes) = event { start = sizes.step }
    }
    second.close()
    #expect(notices == ["\(newest) is passed over: its checksum is not the one in index.json"])
    #expect(start == 8)
    try FileManager.default.removeItem(atPath: path)
  }

  /// A file of sysfs is a regular one and yet cannot be mapped, as any file where descriptors have run out.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/sys/kernel/uevent_seqnum"), "skipped: no sysfs here"))
  func anIndexThatCannotBeReadThisTimeCostsNoGeneration() throws {
    var taken = 0
    let first = try Trainer(text: text, model: model, configuration: options, destination: destination())
    _ = try first.run(onEvent: { if case .stepped = $0 { taken += 1 } }, shouldStop: { taken >= 10 })
    first.close()
    let folder = CheckpointFolder(path + "/training")
    let checkpoint = try #require(try folder.loadNewest()).checkpoint
    let index = path + "/training/index.json"
    try FileManager.default.moveItem(atPath: index, toPath: index + ".away")
    try FileManager.default.createSymbolicLink(atPath: index, withDestinationPath: "/sys/kernel/uevent_seqnum")
    let files = try FileManager.default.contentsOfDirectory(atPath: path + "/training").sorted()
    for change in [{ try folder.save(checkpoint) }, { _ = try folder.write(good: checkpoint) }, folder.removeLeftovers]
    {
      let error = #expect(throws: ArchiveError.self) { try change() }
      #expect(error?.description == "\(index): cannot be read: No such device. Check the path and its permissions.")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: path + "/training").sorted() == files)
    try FileManager.default.removeItem(atPath: path)
  }

  /// A kill right after a checkpoint at an epoch's end finds the log longer than the checkpoint knows.
  @Test func aKillAfterACheckpointAtAnEpochsEndDoublesNoLine() throws {
    var options = options
    options.checkpointInterval = .steps(16)
    let copy = path + "-copy"
    let first = try Trainer(text: text, model: model, configuration: options, destination: destination())
    _ = try first.run { event in
      if case .checkpointSaved(step: 16) = event {
        try FileManager.default.copyItem(atPath: path + "/training", toPath: copy)
      }
    }
    first.close()
    let lines = try log()
    // The folder as a kill after the epoch's line would leave it: the old checkpoint beside the later log.
    try FileManager.default.removeItem(atPath: path + "/training")
    try FileManager.default.copyItem(atPath: copy, toPath: path + "/training")
    let second = try Trainer(
      text: text, model: model, configuration: options, destination: destination(), resumes: true)
    _ = try second.run()
    second.close()
    #expect(try log().map { line in line.filter { $0.key != "resumed_from_step" } } == lines)
    for folder in [path, copy] { try FileManager.default.removeItem(atPath: folder) }
  }

  /// What differs is named, and not all options of both.
  @Test func anotherNumberOfTheOptimizerOrTheScheduleIsNamed() throws {
    var options = options
    options.optimizer = .sgd(SGD.Options(momentum: 0.9))
    let first = try Trainer(text: text, model: model, configuration: options, destination: destination())
    _ = try first.run()
    first.close()
    func refusal(_ change: (inout TrainingConfiguration) -> Void) throws -> String? {
      var changed = options
      change(&changed)
      return #expect(throws: TrainingError.self) {
        _ = try Trainer(
          text: text, model: model, configuration: changed, destination: destination(), resumes: true)
      }?.description
    }
    let advice = "Resume without that option, or begin anew with --overwrite."
    #expect(
      try refusal { $0.optimizer = .sgd(SGD.Options(momentum: 0.5)) }
        == "\(path): the run was begun with the optimizer's momentum 0.9, and 0.5 was asked for. \(advice)")
    #expect(
      try refusal { $0.schedule = .cosine(finalFraction: 0.25) }
        == "\(path): the run was begun with the schedule's finalFraction 0, and 0.25 was asked for. \(advice)")
    try FileManager.default.removeItem(atPath: path)
  }

  @Test func aModelWithoutACheckpointIsNotReplacedByResuming() throws {
    let first = try Trainer(text: text, model: model, configuration: options, destination: destination())
    _ = try first.run()
    first.close()
    let weights = try Data(contentsOf: URL(fileURLWithPath: path + "/model.safetensors"))
    try FileManager.default.removeItem(atPath: path + "/training")
    #expect(
      #expect(throws: TrainingError.self) {
        _ = try Trainer(text: text, model: model, configuration: options, destination: destination(), resumes: true)
      }?.description
        == "\(path): expected a checkpoint in \(path)/training, found none, but a trained model. "
        + "Begin anew with --overwrite, or train another model from its weights with --init-from.")
    #expect(try Data(contentsOf: URL(fileURLWithPath: path + "/model.safetensors")) == weights)
    try FileManager.default.removeItem(atPath: path)
  }

  @Test func aStepThatWasNotTakenDoesNotKeepTheRunFromBeingSaved() throws {
    let broken = try LanguageModel(untrained: model)
    let output = broken.layout["output.weight"]
    // Finite weights whose products are not.
    for i in 0..<output.count { broken.parameters.pointer[output.offset + i] = 3e38 }
    var taken = 0
    let trainer = try Trainer(
      text: text, model: model, configuration: options, initialModel: broken, destination: destination())
    let result = try trainer.run(
      onEvent: { if case .stepped = $0 { taken += 1 } }, shouldStop: { taken >= 2 })
    trainer.close()
    #expect(result.isInterrupted)
    #expect(try CheckpointFolder(path + "/training").loadNewest()?.checkpoint.header.progress.lostInARow == 2)
    try FileManager.default.removeItem(atPath: path)
  }

  @Test func anotherRunsOptionsAreRefused() throws {
    let first = try Trainer(text: text, model: model, configuration: options, destination: destination())
    _ = try first.run(shouldStop: { true })
    first.close()
    var other = options
    other.learningRate = 0.5
    #expect(
      #expect(throws: TrainingError.self) {
        _ = try Trainer(
          text: text, model: model, configuration: other, destination: destination(), resumes: true)
      }?.description
        == "\(path): the run was begun with --learning-rate 0.01, and 0.5 was asked for. "
        + "Resume without that option, or begin anew with --overwrite.")
    var changed = text
    changed.fingerprint = "another"
    #expect(throws: TrainingError.otherCorpus(folder: path)) {
      _ = try Trainer(
        text: changed, model: model, configuration: options, destination: destination(), resumes: true)
    }
    try FileManager.default.removeItem(atPath: path)
  }

  @Test func weightsAreTakenOverByTheTokensText() throws {
    let source = try LanguageModel(untrained: model, seed: 9)
    var larger = model
    larger.vocabularySize = 300
    // Ids are moved by three, and some are new.
    let map = (0..<300).map { $0 < 3 || $0 >= 260 ? nil : Int32($0 - 3) }
    let result = try source.transferred(to: larger, correspondence: map, seed: 1)
    let fresh = try LanguageModel(untrained: larger, seed: 1)
    #expect(result.values(of: "output.bias")[299] == source.values(of: "output.bias").min())
    #expect(result.values(of: "rnn.weight_hh_l1") == source.values(of: "rnn.weight_hh_l1"))
    for (name, width) in [("embedding.weight", 5), ("output.weight", 9), ("output.bias", 1)] {
      func row(_ model: LanguageModel, _ id: Int) -> [Float] {
        Array(model.values(of: name)[id * width..<(id + 1) * width])
      }
      #expect(row(result, 3) == row(source, 0))
      #expect(row(result, 259) == row(source, 256))
      if name != "output.bias" {
        #expect(row(result, 2) == row(fresh, 2))
        #expect(row(result, 299) == row(fresh, 299))
      }
    }
    larger.hiddenSize = 10
    #expect(
      throws: ModelError.invalidConfiguration(
        field: "hidden size", expected: "9, as in the model that the weights come from", found: "10")
    ) { try source.transferred(to: larger, correspondence: map) }
  }

  /// They are those of the weights that are kept, and go with them.
  @Test(arguments: [1, 3])
  func aFinishedRunLeavesTheStatisticsOfItsGradients(threads: Int) throws {
    let folder = ModelFolder(path)
    let stopped = try Trainer(text: text, model: model, configuration: options, destination: destination())
    var taken = 0
    _ = try stopped.run(onEvent: { if case .stepped = $0 { taken += 1 } }, shouldStop: { taken == 20 })
    stopped.close()
    #expect(try folder.readGradientStatistics(for: model) == nil)
    let trainer = try Trainer(
      text: text, model: model, configuration: options, destination: destination(), resumes: true, threads: threads)
    _ = try trainer.run()
    trainer.close()
    let found = try #require(try folder.readGradientStatistics(for: model))
    let expected = try #require(
      try GradientStatistics(
        of: trainer.bestModel, on: text.tokens, range: text.trainingRange, window: 20, windows: 32))
    #expect(found.mean == expected.mean && found.mean > 0)
    #expect(found.values(of: "rnn.weight_hh_l1") == expected.values(of: "rnn.weight_hh_l1"))
    let again = try Trainer(text: text, model: model, configuration: options, destination: destination())
    _ = try again.run(shouldStop: { true })
    #expect(try folder.readGradientStatistics(for: model) == nil)
  }
}
