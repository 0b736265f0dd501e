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
    // The newest generation or the index is passed over, the older one never looked at.
    #expect(told >= 105 && harmless >= 100 && refused == 0, "\(told) told, \(harmless) harmless, \(refused) refused")
  }

  /// How the index is lost: the bytes that take its place, or nil where the file is gone.
  @Test(arguments: [
    nil, "", "{", "[]",
    #"{"generations":[{"checkpoint":{"file":"checkpoint-9.safetensors","step":9,"checksum":"1"}}]}"#,
  ])
  func aRunGoesOnWithoutItsIndex(content: String?) throws {
    let folder = try TestFolder()
    let expected = try finish(try trainer(folder["whole"]), folder["whole"])
    let stopped = try trainer(folder["run"])
    var steps = 0
    _ = try stopped.run(onEvent: { if case .stepped = $0 { steps += 1 } }, shouldStop: { steps >= 5 })
    stopped.close()
    let training = folder["run/training"]
    if let content {
      try folder.write("run/training/index.json", Array(content.utf8))
    } else {
      try FileManager.default.removeItem(atPath: training + "/index.json")
    }
    let resumed = try trainer(folder["run"], resumes: true)
    let lost =
      switch content {
      case nil: [String]()
      case .some(let content) where content.contains("generations"):
        [
          "\(training)/checkpoint-9.safetensors is passed over: \(training)/checkpoint-9.safetensors: cannot be read: No such file or directory. Check the path and its permissions."
        ]
      default: ["\(training)/index.json is passed over: it cannot be understood"]
      }
    #expect(
      resumed.notices == lost + [
        "\(training)/checkpoint-5.safetensors is whole, and is taken though index.json does not tell of it"
      ])
    #expect(resumed.resumedFromStep == 5)
    #expect(try finish(resumed, folder["run"]) == expected)
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
