import Foundation
import Testing
import TsuzuriData
import TsuzuriModel
import TsuzuriModelFolder
import TsuzuriText
import _TestSupport

@testable import TsuzuriTraining

/// What a run goes on from, damaged: the run goes on from the generation before and says so, or says what is damaged; and
/// it never ends in other weights.
@Suite struct DamagedTrainingStateTests {
  private let model = ModelConfiguration(vocabularySize: 5, embeddingSize: 2, hiddenSize: 3, layers: 1)
  private let options = TrainingConfiguration(
    batchSize: 2, sequenceLength: 3, learningRate: 0.01, epochs: 1, maximumSteps: 6, checkpointInterval: .steps(2),
    reportInterval: 1, shares: 1)
  private let text = TrainingText(
    tokens: TokenArray([0] + (0..<60).map { (n: Int) -> Int32 in Int32((n % 7 + n % 3) % 5) }), fingerprint: "sample")

  private func trainer(_ path: String, resumes: Bool = false) throws -> Trainer {
    let tokenizer = try Tokenizer(
      vocabulary: Vocabulary(kind: .closed, texts: [[97], [98], [99]]),
      configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .whitespace)))
    return try Trainer(
      text: text, model: model, configuration: options,
      destination: .init(
        folder: ModelFolder(path), tokenizer: tokenizer, record: TrainingRecord(corpus: ["sample"], validation: "0")),
      resumes: resumes, threads: 1)
  }

  /// Ends the run, whatever it began from, and returns its weights.
  private func finish(_ trainer: Trainer, _ path: String) throws -> Data {
    _ = try trainer.run()
    trainer.close()
    return try Data(contentsOf: URL(fileURLWithPath: path + "/model.safetensors"))
  }

  @Test func damageIsToldOfAndNeverChangesTheResult() throws {
    let folder = try TestFolder()
    let whole = try trainer(folder["whole"])
    let expected = try finish(whole, folder["whole"])

    // Two generations, of steps 2 and 4, in a run that was stopped behind the second.
    let stopped = try trainer(folder["stopped"])
    var steps = 0
    _ = try stopped.run(onEvent: { if case .stepped = $0 { steps += 1 } }, shouldStop: { steps >= 5 })
    stopped.close()
    let files = FileManager.default
    let training = folder["stopped/training"]
    let names = try files.contentsOfDirectory(atPath: training).sorted()
    #expect(names.count { $0.hasPrefix("checkpoint-") } == 2 && names.contains("index.json"), "\(names)")

    var generator = Draws(state: 5)
    var (told, refused, harmless) = (0, 0, 0)
    for name in names where !name.hasPrefix(".") {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: training + "/" + name)))
      // The index is small: every bit of it would take a minute, every third byte does not.
      for trial in 0..<60 {
        var damaged = bytes
        if trial % 4 == 0 {
          damaged.removeLast(bytes.count - generator.below(bytes.count))
        } else {
          damaged[generator.below(bytes.count)] ^= 1 << UInt8(generator.below(8))
        }
        let copy = folder["copy"]
        try? files.removeItem(atPath: copy)
        try files.copyItem(atPath: folder["stopped"], toPath: copy)
        try Data(damaged).write(to: URL(fileURLWithPath: copy + "/training/" + name))
        do {
          let resumed = try trainer(copy, resumes: true)
          if resumed.notices.isEmpty { harmless += 1 } else { told += 1 }
          if trial % 8 == 0 || resumed.notices.isEmpty {
            #expect(try finish(resumed, copy) == expected, "\(name), trial \(trial)")
          }
          let isNamed = resumed.notices.allSatisfy { $0.contains(copy + "/training/") }
          #expect(isNamed, "\(name), trial \(trial): \(resumed.notices)")
        } catch {
          refused += 1
          #expect("\(error)".contains(copy) && "\(error)".contains("training"), "\(name), trial \(trial): \(error)")
        }
      }
    }
    // The newest generation is passed over, the older one never looked at.
    #expect(told >= 55 && harmless >= 55, "\(told) told, \(harmless) harmless, \(refused) refused")
  }

  @Test func aLogThatIsDamagedIsNoReasonToStop() throws {
    let folder = try TestFolder()
    let expected = try finish(try trainer(folder["whole"]), folder["whole"])
    let stopped = try trainer(folder["run"])
    var steps = 0
    _ = try stopped.run(onEvent: { if case .stepped = $0 { steps += 1 } }, shouldStop: { steps >= 5 })
    stopped.close()
    var log = try folder.bytes("run/log.jsonl")
    log[3] = 0xFF
    try folder.write("run/log.jsonl", log)
    #expect(try finish(trainer(folder["run"], resumes: true), folder["run"]) == expected)
  }

  private struct Draws {
    var state: UInt64
    mutating func below(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
  }
}
