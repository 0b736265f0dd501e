import Foundation
import Testing
import TsuzuriArchive
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

    var (told, refused, harmless) = (0, 0, 0)
    for name in names where !name.hasPrefix(".") {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: training + "/" + name)))
      // The index is small: every bit of it, and every length. Of the others, some bits everywhere and some lengths.
      let isIndex = name == "index.json"
      let flips = stride(from: 0, to: 8 * bytes.count, by: isIndex ? 1 : 61).map { bit in
        var damaged = bytes
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        return damaged
      }
      let cuts = stride(from: 0, to: bytes.count, by: isIndex ? 1 : 97).map { Array(bytes[..<$0]) }
      for (trial, damaged) in (flips + cuts).enumerated() {
        let copy = folder["copy"]
        try? files.removeItem(atPath: copy)
        try files.copyItem(atPath: folder["stopped"], toPath: copy)
        try Data(damaged).write(to: URL(fileURLWithPath: copy + "/training/" + name))
        do {
          let resumed = try trainer(copy, resumes: true)
          if resumed.notices.isEmpty { harmless += 1 } else { told += 1 }
          if trial % 37 == 0 || resumed.notices.isEmpty && (isIndex || trial % 7 == 0) {
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
    #expect(told > 1000 && harmless > 100 && refused == 0, "\(told) told, \(harmless) harmless, \(refused) refused")
  }

  /// Every bit and every length, as its own checksum and that in the index see them.
  @Test func anyDamageToACheckpointIsFoundOut() throws {
    let folder = try TestFolder(inMemory: true)
    try stopAfterFiveSteps(folder["run"])
    let training = CheckpointFolder(folder["run/training"])
    let newest = try #require(try training.loadNewest())
    let stored = [
      try CheckpointFile.vouched(folder["run/training/checkpoint-5.safetensors"], called: "checkpoint-5.safetensors")
    ]
    for stored in stored + [try #require(newest.good)] {
      let path = "run/training/" + stored.file
      let whole = try folder.bytes(path)
      var passed: [Int] = []
      func damage(_ bytes: [UInt8], _ place: Int) throws {
        try folder.write(path, bytes)
        if (try? training.load(stored)) != nil
          || (try? CheckpointFile.vouched(folder[path], called: stored.file)) != nil
        {
          passed.append(place)
        }
      }
      for bit in 0..<8 * whole.count {
        var damaged = whole
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        try damage(damaged, bit)
      }
      for length in 0..<whole.count { try damage(Array(whole[..<length]), -length) }
      #expect(passed.isEmpty && whole.count > 1000, "\(stored.file): \(passed.prefix(10))")
      try folder.write(path, whole)
      _ = try training.load(stored)
    }
  }

  /// Every bit and every length of the lines that the checkpoint knows.
  @Test func anyDamageToALogIsFoundOut() throws {
    let folder = try TestFolder(inMemory: true)
    try stopAfterFiveSteps(folder["run"])
    let progress = try #require(try CheckpointFolder(folder["run/training"]).loadNewest()).checkpoint.header.progress
    let log = TrainingLog(path: folder["run/log.jsonl"])
    let whole = try folder.bytes("run/log.jsonl")
    #expect(progress.logged?.bytes == whole.count && progress.loggedStep == 5)
    var passed: [Int] = []
    func damage(_ bytes: [UInt8], _ place: Int) throws {
      try folder.write("run/log.jsonl", bytes)
      if try log.cut(to: progress.logged, step: 5).isWhole { passed.append(place) }
      // What is left are whole lines.
      let left = try folder.bytes("run/log.jsonl")
      if let last = left.last, last != UInt8(ascii: "\n") { passed.append(place) }
    }
    for bit in 0..<8 * whole.count {
      var damaged = whole
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      try damage(damaged, bit)
    }
    for length in 0..<whole.count { try damage(Array(whole[..<length]), -length) }
    #expect(passed.isEmpty && whole.count > 300, "\(passed.prefix(10))")
  }

  /// How the index is lost: the bytes that take its place, or nil where the file is gone.
  @Test(arguments: [
    nil, "", "{", "[]", String(repeating: " ", count: 100_000),
    #"{"generations":[{"checkpoint":{"file":"checkpoint-9.safetensors","step":9,"checksum":"1"}}]}"#,
    #"{"checksum":"0000000000000000","generations":[{"checkpoint":{"file":"checkpoint-9.safetensors","step":9,"checksum":"1"}}]}"#,
  ])
  func aRunGoesOnWithoutItsIndex(content: String?) throws {
    let folder = try TestFolder()
    let expected = try finish(try trainer(folder["whole"]), folder["whole"])
    try stopAfterFiveSteps(folder["run"])
    let training = folder["run/training"]
    if let content {
      var content = Array(content.utf8)
      if content.starts(with: #"{"checksum"#.utf8) { SealedJSON.seal(&content) }
      try folder.write("run/training/index.json", content)
    } else {
      try FileManager.default.removeItem(atPath: training + "/index.json")
    }
    let resumed = try trainer(folder["run"], resumes: true)
    let lost =
      switch content {
      case nil: [String]()
      case .some(let content) where content.hasPrefix(#"{"generations"#):
        ["\(training)/index.json is passed over: it carries no checksum"]
      case .some(let content) where content.hasPrefix(" "):
        ["\(training)/index.json is passed over: it has 100000 bytes, and at most 65536 were expected"]
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
    // The one before it is kept as well.
    let kept = try FileManager.default.contentsOfDirectory(atPath: training)
    #expect(kept.count { $0.hasPrefix("checkpoint-") } == 2, "\(kept)")
    #expect(try finish(resumed, folder["run"]) == expected)
  }

  /// Without an index and with nothing that is whole, the run does not begin anew over what there is.
  @Test func damagedCheckpointsWithoutAnIndexAreToldOf() throws {
    let folder = try TestFolder()
    try stopAfterFiveSteps(folder["run"])
    let training = folder["run/training"]
    try FileManager.default.removeItem(atPath: training + "/index.json")
    let names = try FileManager.default.contentsOfDirectory(atPath: training).filter { $0.hasPrefix("checkpoint-") }
    for name in names { try folder.write("run/training/" + name, "no checkpoint") }
    #expect {
      _ = try trainer(folder["run"], resumes: true)
    } throws: { error in
      names.allSatisfy { "\(error)".contains("\($0): ") }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: training).count { $0.hasPrefix("checkpoint-") } == 2)
  }

  /// A look at a run is no repair of it.
  @Test func lookingAtARunChangesNothing() throws {
    let folder = try TestFolder()
    try stopAfterFiveSteps(folder["run"])
    var bytes = try folder.bytes("run/training/checkpoint-5.safetensors")
    bytes[bytes.count - 1] ^= 1
    try folder.write("run/training/checkpoint-5.safetensors", bytes)
    let index = try folder.bytes("run/training/index.json")
    #expect(try Trainer.hasStoredRun(in: ModelFolder(folder["run"])))
    #expect(try folder.bytes("run/training/index.json") == index)
    let resumed = try trainer(folder["run"], resumes: true)
    #expect(resumed.notices.count == 1 && resumed.notices[0].contains("checkpoint-5.safetensors is passed over: "))
    resumed.close()
  }

  @Test func aLogThatIsDamagedIsNoReasonToStop() throws {
    let folder = try TestFolder()
    let expected = try finish(try trainer(folder["whole"]), folder["whole"])
    try stopAfterFiveSteps(folder["run"])
    let log = try folder.bytes("run/log.jsonl")
    let flips = stride(from: 3, to: 8 * log.count, by: 53).map { bit in
      var damaged = log
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      return damaged
    }
    let cuts = stride(from: 0, to: log.count, by: 29).map { Array(log[..<$0]) }
    for damaged in flips + cuts + [[0xFF] + log, [UInt8](repeating: 0x22, count: 1000)] {
      try? FileManager.default.removeItem(atPath: folder["copy"])
      try FileManager.default.copyItem(atPath: folder["run"], toPath: folder["copy"])
      try folder.write("copy/log.jsonl", damaged)
      let resumed = try trainer(folder["copy"], resumes: true)
      var notices: [String] = []
      _ = try resumed.run { if case .notice(let notice) = $0 { notices.append(notice) } }
      resumed.close()
      #expect(try [UInt8](expected) == folder.bytes("copy/model.safetensors"))
      #expect(
        notices == ["\(folder["copy/log.jsonl"]) is not as this run left it; the lines that can be read are kept."])
    }
  }

  /// Begins a run in the folder, and ends it as a signal would.
  private func stopAfterFiveSteps(_ folder: String) throws {
    let trainer = try trainer(folder)
    var steps = 0
    _ = try trainer.run(onEvent: { if case .stepped = $0 { steps += 1 } }, shouldStop: { steps >= 5 })
    trainer.close()
  }
}
