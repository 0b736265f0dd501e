import Foundation
import Testing
import TsuzuriArchive
import TsuzuriData
import TsuzuriKernels
import TsuzuriModel
import TsuzuriModelFolder
import TsuzuriText
import _TestSupport

@testable import TsuzuriTraining

/// A training folder from elsewhere: what stands in the place of its files keeps nobody waiting, costs no memory, and leads
/// nowhere else.
struct HostileTrainingFolderTests {
  private let folder: TestFolder
  private let sample = TrainerTests()

  init() throws { folder = try TestFolder() }

  private func trainer(
    _ name: String, model: ModelConfiguration? = nil, options: TrainingConfiguration? = nil, resumes: Bool = false
  ) throws -> Trainer {
    var destination = try sample.destination()
    destination.folder = ModelFolder(folder[name])
    return try Trainer(
      text: sample.text, model: model ?? sample.model, configuration: options ?? sample.options,
      destination: destination, resumes: resumes, threads: 1)
  }

  private func finish(_ trainer: Trainer) throws {
    defer { trainer.close() }
    _ = try trainer.run()
  }

  /// A run that was stopped after 19 of 32 steps, behind its first validation.
  private func stop(
    _ name: String, model: ModelConfiguration? = nil, options: TrainingConfiguration? = nil
  ) throws {
    let trainer = try trainer(name, model: model, options: options)
    var steps = 0
    _ = try trainer.run(onEvent: { if case .stepped = $0 { steps += 1 } }, shouldStop: { steps >= 19 })
    trainer.close()
  }

  private func message(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// Puts a pipe, or a link to a device, in a file's place.
  private func replace(_ name: String, byPipe: Bool) throws {
    try FileManager.default.removeItem(atPath: folder[name])
    if byPipe {
      #expect(mkfifo(folder[name], 0o600) == 0)
    } else {
      try FileManager.default.createSymbolicLink(atPath: folder[name], withDestinationPath: "/dev/zero")
    }
  }

  @Test(arguments: [true, false])
  func aPipeOrADeviceInAFilesPlaceIsRefused(isPipe: Bool) throws {
    try stop("index")
    try replace("index/training/index.json", byPipe: isPipe)
    #expect(
      message { _ = try trainer("index", resumes: true) }
        == "\(folder["index/training/index.json"]): cannot be read: It is no regular file. "
        + "Check the path and its permissions.")
    try stop("log")
    try replace("log/log.jsonl", byPipe: isPipe)
    let refused = try #require(message { try finish(try trainer("log", resumes: true)) })
    #expect(
      refused.hasPrefix(
        "\(folder["log/log.jsonl"]): cannot be read: It is no regular file. Check the path and its permissions."),
      "\(refused)")
    // Of the checkpoints there is an older one.
    try stop("newest")
    try replace("newest/training/checkpoint-19.safetensors", byPipe: isPipe)
    let resumed = try trainer("newest", resumes: true)
    #expect(
      resumed.notices == [
        "\(folder["newest/training/checkpoint-19.safetensors"]) is passed over: "
          + "\(folder["newest/training/checkpoint-19.safetensors"]): cannot be read: It is no regular file. "
          + "Check the path and its permissions."
      ])
    resumed.close()
  }

  /// Where a file is written before it takes its name.
  @Test(arguments: [
    "config.json", "vocabulary.txt", "model.safetensors", "log.jsonl", "training/index.json",
  ])
  func aPipeUnderATemporaryNameIsRefused(name: String) throws {
    let path = folder["run/" + name]
    let temporary = AtomicFile.temporaryName(for: path)
    try FileManager.default.createDirectory(
      atPath: AtomicFile.folder(of: path), withIntermediateDirectories: true)
    #expect(mkfifo(temporary, 0o600) == 0)
    let refused = try #require(message { try finish(try trainer("run")) })
    #expect(
      refused.hasPrefix(
        "\(path): cannot be written: No such device or address. Remove the link or the pipe that stands there; "
          + "what stood there before is unchanged."), "\(refused)")
  }

  /// What it leads to may be another run's.
  @Test func aLinkInThePlaceOfTheTrainingFolderIsRefused() throws {
    try stop("mine")
    let before = try FileManager.default.contentsOfDirectory(atPath: folder["mine/training"]).sorted()
    try FileManager.default.createDirectory(atPath: folder["strange"], withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: folder["strange/training"], withDestinationPath: folder["mine/training"])
    #expect(
      message { _ = try trainer("strange") }
        == "\(folder["strange/training"]): the folder cannot be made: It is a link. Choose another place with --model.")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder["mine/training"]).sorted() == before)
  }

  /// Whoever resumes in a folder of a stranger's must not find their own files written over.
  @Test func linksInTheFolderAreReplacedAndNotFollowed() throws {
    try finish(try trainer("whole"))
    try stop("linked")
    for name in ["config.json", "vocabulary.txt", "model.safetensors", "log.jsonl", "training/index.json"] {
      let (target, link) = ("target-" + name.replacing("/", with: "-"), "linked/" + name)
      try FileManager.default.moveItem(atPath: folder[link], toPath: folder[target])
      try FileManager.default.createSymbolicLink(atPath: folder[link], withDestinationPath: folder[target])
    }
    let targets = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("target-") }
    let before = try targets.map { try folder.bytes($0) }
    try finish(try trainer("linked", resumes: true))
    #expect(targets.count == 5)
    #expect(try targets.map { try folder.bytes($0) } == before)
    #expect(try folder.bytes("linked/model.safetensors") == folder.bytes("whole/model.safetensors"))
    // A run that begins anew there replaces all of them.
    try finish(try trainer("linked"))
    #expect(try targets.map { try folder.bytes($0) } == before)
    for name in ["config.json", "vocabulary.txt", "model.safetensors", "log.jsonl", "training/index.json"] {
      #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: folder["linked/" + name])) == nil, "\(name)")
    }
  }

  /// A header that claims a million lanes, of which the file has none.
  @Test func aStateThatClaimsMoreThanTheFileHasIsRefused() throws {
    try stop("run")
    let training = folder["run/training"]
    let checkpoint = try CheckpointFolder(training).loadNewest()?.checkpoint
    var header = try #require(checkpoint).header
    header.training.batchSize = 1_000_000
    let json = String(decoding: try JSONEncoder().encode(header), as: UTF8.self)
    let archive = try SafetensorsFile(path: training + "/checkpoint-19.safetensors")
    var writer = SafetensorsWriter(metadata: ["format": "pt", "tsuzuri_checkpoint": json], hasChecksum: true)
    for tensor in archive.tensors where tensor.name != "state" {
      writer.add(tensor.name, shape: tensor.shape, floats: try archive.floats(of: tensor.name, shape: tensor.shape))
    }
    writer.add("state", shape: [1_000_000, 0], floats: [])
    let path = folder["forged.safetensors"]
    let checksum = String(try writer.writeWithChecksum(to: path), radix: 16)
    #expect(
      message { _ = try CheckpointFile.read(path, checksum: checksum) }
        == "its state has another shape than its header says")
  }

  /// A state that is whole, and that the index names, but that no step of this run was ever in.
  enum Forgery: CaseIterable {
    case otherText, behindTheEnd, smallerModel, moreLanes, otherOptimizer
  }

  /// What a run goes back to is looked at as closely as what it goes on from.
  @Test(arguments: Forgery.allCases)
  func aGoodStateOfAnotherRunIsPassedOver(forgery: Forgery) throws {
    try stop("run")
    let training = CheckpointFolder(folder["run/training"])
    let newest = try #require(try training.loadNewest())
    var (model, options) = (sample.model, sample.options)
    switch forgery {
    case .otherText, .behindTheEnd: break
    case .smallerModel: model.hiddenSize = 4
    case .moreLanes: options.batchSize = 5
    case .otherOptimizer: options.optimizer = .sgd(SGD.Options())
    }
    try stop("other", model: model, options: options)
    var other = try #require(try CheckpointFolder(folder["other/training"]).loadNewest()).checkpoint
    if forgery == .otherText { other.header.corpusFingerprint = "another" }
    if forgery == .behindTheEnd { other.header.progress.window = 1000 }
    let forged = try training.write(good: other)
    try training.save(newest.checkpoint, good: forged)
    let resumed = try trainer("run", resumes: true)
    var notices: [String] = []
    let result = try resumed.run { event in
      if case .notice(let notice) = event { notices.append(notice) }
      guard case .stepped(let report) = event, report.step == 20, notices.isEmpty else { return }
      resumed.step.parameters.pointer[0] = .nan
      resumed.step.parameters.pointer[resumed.step.layout["rnn.weight_hh_l0"].offset] = .nan
    }
    resumed.close()
    let reason = forgery == .behindTheEnd ? "it stands behind the end of the text" : "it is the state of another run"
    #expect(notices.contains("\(folder["run/training"])/\(forged.file) cannot be used: \(reason)"), "\(notices)")
    #expect(notices.last?.contains("goes back to step 0") == true, "\(notices)")
    #expect(result.steps == 32 && result.setbacks == 1)
    #expect(try #require(result.validationLoss).isFinite)
  }

  /// The lock is no place to have another file written to.
  @Test func aLinkInThePlaceOfTheLockIsRefused() throws {
    try stop("run")
    try folder.write("precious", "words")
    try FileManager.default.removeItem(atPath: folder["run/.lock"])
    try FileManager.default.createSymbolicLink(atPath: folder["run/.lock"], withDestinationPath: folder["precious"])
    #expect(
      message { _ = try trainer("run", resumes: true) }
        == "\(folder["run/.lock"]): cannot be written: Too many levels of symbolic links. "
        + "Remove the link or the pipe that stands there.")
    #expect(try folder.text("precious") == "words")
    try FileManager.default.removeItem(atPath: folder["run/.lock"])
    try FileManager.default.createDirectory(atPath: folder["run/.lock"], withIntermediateDirectories: false)
    #expect(
      message { _ = try trainer("run", resumes: true) }
        == "\(folder["run/.lock"]): cannot be written: Is a directory. Name a file, not a folder.")
    try FileManager.default.removeItem(atPath: folder["run/.lock"])
    #expect(mkfifo(folder["run/.lock"], 0o600) == 0)
    try finish(try trainer("run", resumes: true))
  }

  /// Kernels and libraries decide the last bits: a run that goes on with others is told so.
  @Test(arguments: ["kernels", "onednn", "icu"])
  func anotherEnvironmentIsToldOf(part: String) throws {
    try stop("run")
    let training = folder["run/training"]
    let newest = try #require(try CheckpointFolder(training).loadNewest())
    #expect(newest.checkpoint.header.environment == Trainer.environment)
    var checkpoint = newest.checkpoint
    checkpoint.header.environment[part] = "another"
    try CheckpointFolder(training).save(checkpoint, good: newest.good)
    let resumed = try trainer("run", resumes: true)
    #expect(
      resumed.notices
        == ["the run was begun with other kernels or library versions; it goes on, but not to the same last digit."])
    try finish(resumed)
  }

  @Test func damagedBestWeightsAreToldOfAndMeasuredAnew() throws {
    try stop("run")
    var weights = try folder.bytes("run/model.safetensors")
    weights[weights.count - 9] ^= 1
    try folder.write("run/model.safetensors", weights)
    let resumed = try trainer("run", resumes: true)
    let notice = try #require(resumed.notices.first)
    #expect(
      notice.hasPrefix(
        "the best weights so far are lost, and the next to be measured take their place: "
          + "\(folder["run/model.safetensors"]): expected content with the checksum "), "\(notice)")
    try finish(resumed)
    _ = try LanguageModel(weightsAt: folder["run/model.safetensors"], configuration: sample.model)
  }
}
