import Foundation
import Testing
import _TestSupport

/// A run that is broken off again and again, beside the same run that never is.
final class TrainingTrial {
  let folder: TestFolder
  /// What the run is told, but for its folder and threads.
  let options: [String]
  /// What the undisturbed run ended in.
  private let weights: [UInt8]
  private let log: [String]

  /// Small enough that a run takes about a second, and is in the middle of writing most of the time.
  static let size = [
    "--hidden-size", "20", "--embedding-size", "12", "--layers", "2", "--batch-size", "6", "--sequence-length", "24",
    "--checkpoint-every", "4", "--quiet",
  ]

  /// Trains once without a disturbance.
  init(_ options: [String], steps: Int) throws {
    folder = try TestFolder(inMemory: true)
    let story = TestCorpora.packageRoot + "/corpora/en/01-the-inspector.txt"
    try folder.write("story.txt", String(contentsOfFile: story, encoding: .utf8))
    self.options = ["train", "story.txt", "--max-steps", "\(steps)", "--epochs", "1000"] + Self.size + options
    let whole = try TestCommand().run(self.options + ["--model", "whole", "--threads", "1"], in: folder)
    try #require(whole.status == 0, "\(whole.errors)")
    weights = try folder.bytes("whole/model.safetensors")
    log = try Self.lines(folder.text("whole/log.jsonl")).map(\.without)
  }

  /// Starts the run, or goes on with it.
  func start(threads: Int, fault: String? = nil, _ more: [String] = ["--resume"]) throws -> RunningCommand {
    try TestCommand().start(
      options + ["--model", "broken", "--threads", "\(threads)"] + more, in: folder,
      environment: fault.map { ["TSUZURI_FAULT": $0] } ?? [:])
  }

  /// Begins the run and kills it after a checkpoint of a later step than the first.
  ///
  /// A run may have ended before the signal reaches it; then it is begun once more.
  func killAfterACheckpoint(threads: Int) throws {
    for _ in 1...20 {
      let running = try start(threads: threads)
      while running.isRunning, !hasLaterCheckpoint { Thread.sleep(forTimeInterval: 0.001) }
      running.send(SIGKILL)
      let outcome = running.wait()
      if outcome.status == 137 { return }
      try #require(outcome.status == 0, "\(outcome.errors)")
      try compare()
      try remove()
    }
    Issue.record("it ended first, each time")
  }

  /// Whether anything was saved.
  var hasCheckpoint: Bool { !checkpoints.isEmpty }

  /// Whether there is a checkpoint of a later step than the first.
  private var hasLaterCheckpoint: Bool { checkpoints.contains { !$0.hasPrefix("checkpoint-0") } }

  private var checkpoints: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder["broken/training"])) ?? []
    return names.filter { $0.hasPrefix("checkpoint-") }
  }

  /// The step that the index names as the newest; nil where nothing was saved.
  private var savedStep: Int? {
    let index = (try? folder.text("broken/training/index.json")) ?? ""
    return index.firstMatch(of: #/"checkpoint":{[^}]*"step":(\d+)/#).flatMap { Int($0.1) }
  }

  /// Lets the run come to its end, and compares what it ended in with the undisturbed one.
  ///
  /// A run that began anew would end in the same bytes: so the log is asked where this one went on from.
  func finish(threads: Int = 2) throws {
    let saved = savedStep ?? 0
    let outcome = try start(threads: threads).wait()
    try #require(outcome.status == 0, "\(outcome.errors)")
    try compare()
    let lines = try Self.lines(folder.text("broken/log.jsonl"))
    // Going back takes lines away, that of a resumption with them.
    let hasGoneBack = try folder.text("broken/log.jsonl").contains("went_back_from_step")
    if saved > 0, let last = lines.last, last.step > saved, !hasGoneBack {
      #expect(lines.compactMap(\.resumedFrom).last == saved, "it did not go on from what was saved last")
    }
  }

  /// Compares a finished run with the undisturbed one: everything in the folder but the checkpoints.
  func compare() throws {
    #expect(try folder.bytes("broken/model.safetensors") == weights, "other weights")
    for name in ["vocabulary.txt", "config.json", "gradient-statistics.safetensors"] {
      let paths = (folder["whole/" + name], folder["broken/" + name])
      guard FileManager.default.contents(atPath: paths.0) != FileManager.default.contents(atPath: paths.1) else {
        continue
      }
      Issue.record("another \(name)")
    }
    let lines = try Self.lines(folder.text("broken/log.jsonl"))
    #expect(lines.map(\.without) == log, "other lines")
    for line in lines { if let from = line.resumedFrom { #expect(from <= line.step) } }
    // What a crash leaves behind does not add up: the index, two checkpoints and what each of them could go back to.
    let kept = try FileManager.default.contentsOfDirectory(atPath: folder["broken/training"])
    #expect(kept.count <= 5, "\(kept)")
    #expect(!kept.contains { $0.hasSuffix(".writing") }, "\(kept)")
  }

  /// The steps that the log says the run went on from.
  func resumedFrom() throws -> [Int] { try Self.lines(folder.text("broken/log.jsonl")).compactMap(\.resumedFrom) }

  /// How many lines of the log name the step that the run went on from.
  func resumptions() throws -> Int { try resumedFrom().count }

  /// Throws the broken run away.
  func remove() throws { try FileManager.default.removeItem(atPath: folder["broken"]) }

  private struct Line {
    var step: Int
    var resumedFrom: Int?
    /// The line without what the clock and the interruptions decide.
    var without: String
  }

  private static func lines(_ text: String) throws -> [Line] {
    try text.split(separator: "\n").map { line in
      var fields = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let (step, from) = (fields["step"] as? Int, fields["resumed_from_step"] as? Int)
      for name in ["seconds", "tokens_per_second", "resumed_from_step"] { fields[name] = nil }
      let rest = fields.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
      return Line(step: try #require(step), resumedFrom: from, without: rest)
    }
  }
}

extension RunningCommand {
  /// The files of a model's folder that are not whole yet.
  static func halfWritten(in model: String) -> [String] {
    [model, model + "/training"].flatMap { (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? [] }
      .filter { $0.hasSuffix(".writing") }.sorted()
  }

  /// Waits until the command stands still in the middle of writing a file of the model's folder.
  ///
  /// - Returns: the file's name.
  func waitsInTheMiddleOfWriting(in model: String) -> [String] {
    var looks: [[String]] = []
    while isRunning {
      let now = Self.halfWritten(in: model)
      // A machine at its limits may keep a run waiting for a while, too.
      if !now.isEmpty, looks.count > 3, looks.suffix(3).allSatisfy({ $0 == now }) { return now }
      looks.append(now)
      Thread.sleep(forTimeInterval: 0.3)
    }
    return []
  }
}
