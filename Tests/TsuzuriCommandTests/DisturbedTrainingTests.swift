import Foundation
import Testing
import _TestSupport

/// What else can happen to a training: another one in its folder, signals, a corpus that goes away.
struct DisturbedTrainingTests {
  /// A run that would go on for a long time, and has begun.
  private func longRun(in folder: TestFolder) throws -> RunningCommand {
    let story = TestCorpora.packageRoot + "/corpora/en/01-the-inspector.txt"
    try folder.write("story.txt", String(contentsOfFile: story, encoding: .utf8))
    let running = try TestCommand().start(
      ["train", "story.txt", "--epochs", "1000000", "--checkpoint-every", "3"] + TrainedModel.size, in: folder)
    #expect(running.waits(forError: "an epoch is"))
    return running
  }

  private let resume = ["train", "--resume", "--quiet"]

  @Test func twoTrainingsOnOneFolderAreKeptApart() throws {
    let folder = try TestFolder(inMemory: true)
    let running = try longRun(in: folder)
    let message =
      "Error: model: in use by process \(running.processIdentifier). Wait until it has ended, or choose another folder.\n"
    let resumed = try TestCommand().run(resume, in: folder)
    #expect(resumed.status == 1 && resumed.errors == message)
    let overwriting = try TestCommand().run(
      ["train", "story.txt", "--overwrite", "--quiet"] + TrainedModel.size, in: folder)
    #expect(overwriting.status == 1 && overwriting.errors == message)
    // A crash leaves no lock behind.
    running.send(SIGKILL)
    #expect(running.wait().status == 137)
    let next = try TestCommand().start(["train", "--resume"], in: folder)
    #expect(next.waits(forError: "an epoch is"))
    next.send(SIGINT)
    #expect(next.wait().status == 130)
  }

  /// The first signal waits for what is being written; the second one does not.
  @Test(arguments: [SIGINT, SIGTERM])
  func aSecondSignalStopsAtOnceWithTheLastCheckpointIntact(signal: Int32) throws {
    let trial = try TrainingTrial([], steps: 200)
    let running = try trial.start(threads: 2, fault: "sync:21:hang", [])
    _ = running.waitsInTheMiddleOfWriting(in: trial.folder["broken"])
    running.send(signal)
    Thread.sleep(forTimeInterval: 0.5)
    #expect(running.isRunning, "it waits for the checkpoint")
    running.send(signal)
    #expect(running.wait().status == 128 + signal)
    try trial.finish()
    #expect(try trial.resumptions() == 1)
  }

  /// As 'timeout' sends them: to the process, and then to its group. Two of one kind might be taken as one.
  @Test func twoSignalsAtOnceAreOneRequest() throws {
    let folder = try TestFolder(inMemory: true)
    let running = try longRun(in: folder)
    running.send(SIGTERM)
    running.send(SIGINT)
    let outcome = running.wait()
    #expect([130, 143].contains(outcome.status))
    #expect(outcome.errors.contains("everything is saved"), "\(outcome.errors)")
  }

  @Test func aCorpusThatGoesAwayIsNotMissed() throws {
    let folder = try TestFolder(inMemory: true)
    let story = TestCorpora.packageRoot + "/corpora/en/01-the-inspector.txt"
    let text = try String(contentsOfFile: story, encoding: .utf8)
    try folder.write("story.txt", text)
    let options =
      ["train", "story.txt", "--max-steps", "2000", "--epochs", "1000", "--checkpoint-every", "50"]
      + TrainedModel.size
    #expect(try TestCommand().run(options + ["--model", "whole"], in: folder).status == 0)
    let running = try TestCommand().start(options + ["--model", "alone"], in: folder)
    #expect(running.waits(forError: "an epoch is"))
    try folder.write("story.txt", String(text.prefix(2000)))
    try FileManager.default.removeItem(atPath: folder["story.txt"])
    try FileManager.default.removeItem(atPath: folder["cache"])
    #expect(running.isRunning, "it had ended before")
    let outcome = running.wait()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try folder.bytes("alone/model.safetensors") == folder.bytes("whole/model.safetensors"))
  }

  @Test func aCorpusThatHasChangedIsNotTheOneToGoOnWith() throws {
    let folder = try TestFolder(inMemory: true)
    let running = try longRun(in: folder)
    running.send(SIGTERM)
    #expect(running.wait().status == 143)
    let text = try folder.text("story.txt")
    try folder.write("story.txt", text + "One more line.\n")
    let changed = try TestCommand().run(resume, in: folder)
    #expect(changed.status == 1)
    #expect(
      changed.errors == "Error: model: the run was begun with another corpus, or the corpus has changed since. "
        + "Resume with the text it began with, or begin anew with --overwrite or --init-from.\n")
    try FileManager.default.removeItem(atPath: folder["story.txt"])
    let gone = try TestCommand().run(resume, in: folder)
    #expect(gone.status == 1)
    #expect(
      gone.errors == "Error: story.txt: no such file or folder. Check the name, or give '-' to read standard input.\n")
    try folder.write("story.txt", text)
    let next = try TestCommand().start(["train", "--resume"], in: folder)
    #expect(next.waits(forError: "an epoch is"))
    next.send(SIGINT)
    #expect(next.wait().status == 130)
  }

  /// What came on standard input is to be given again; the message says how.
  @Test(arguments: [
    (["story.txt", "-"], "tsuzuri train story.txt - --resume --model model < TEXT", "its text"),
    (
      ["story.txt", "--validation", "-"], "tsuzuri train --resume --validation - --model model < TEXT",
      "its validation text"
    ),
  ])
  func aRunThatHasReadStandardInputTellsHowToGoOn(texts: [String], again: String, what: String) throws {
    let folder = try TestFolder(inMemory: true)
    let story = try String(
      contentsOfFile: TestCorpora.packageRoot + "/corpora/en/01-the-inspector.txt", encoding: .utf8)
    try folder.write("story.txt", story)
    let running = try TestCommand().start(
      ["train"] + texts + ["--epochs", "1000000"] + TrainedModel.size, in: folder, input: story)
    #expect(running.waits(forError: "an epoch is"))
    running.send(SIGTERM)
    let outcome = running.wait()
    #expect(outcome.status == 143)
    #expect(outcome.errors.hasSuffix("everything is saved. Go on with: \(again)\n"), "\(outcome.errors)")
    let without = try TestCommand().run(resume, in: folder)
    #expect(without.status == 64)
    #expect(
      without.errors.hasPrefix(
        "Error: --resume: the run in model was given \(what) on standard input. Give the text again: \(again)\n"),
      "\(without.errors)")
    let words = again.split(separator: " ").dropFirst().dropLast(2).map(String.init)
    let next = try TestCommand().start(words, in: folder, input: story)
    #expect(next.waits(forError: "going on after step "))
    next.send(SIGINT)
    #expect(next.wait().status == 130)
  }

  /// The disk is full when the one before it is to take a damaged checkpoint's place: it is as whole as before.
  @Test func aWholeCheckpointIsNotGivenUpForAFullDisk() throws {
    let trial = try TrainingTrial([], steps: 60)
    #expect(try trial.start(threads: 1, fault: "sync:24:kill", []).wait().status == 137)
    let index = try trial.folder.text("broken/training/index.json")
    let names = index.matches(of: #/"checkpoint":{[^}]*"file":"([^"]+)"/#).map { String($0.1) }
    try #require(names.count == 2)
    var bytes = try trial.folder.bytes("broken/training/" + names[0])
    bytes[bytes.count / 2] ^= 1
    try trial.folder.write("broken/training/" + names[0], bytes)
    let failed = try trial.start(threads: 1, fault: "write:1:ENOSPC").wait()
    #expect(failed.status == 1)
    #expect(
      failed.errors.hasSuffix(
        "Error: broken/training/index.json: cannot be written: No space left on device. Free some space on that disk or "
          + "choose another folder; what stood there before is unchanged.\n"), "\(failed.errors)")
    let resumed = try trial.start(threads: 1).wait()
    #expect(resumed.status == 0)
    #expect(resumed.errors.hasPrefix("broken/training/\(names[0]) is passed over: "), "\(resumed.errors)")
    try trial.compare()
    #expect(try trial.resumptions() == 1)
  }

  @Test func aCheckpointThatIsDamagedIsPassedOverAndToldOf() throws {
    let folder = try TestFolder(inMemory: true)
    let running = try longRun(in: folder)
    while running.isRunning, try folder.text("model/log.jsonl").split(separator: "\n").count < 3 {
      Thread.sleep(forTimeInterval: 0.02)
    }
    running.send(SIGTERM)
    #expect(running.wait().status == 143)
    // It stands first in the index. A step that was saved twice, by its number and as the last one, has two files.
    let index = try folder.text("model/training/index.json")
    let newest = String(try #require(index.firstMatch(of: #/"checkpoint":{[^}]*"file":"([^"]+)"/#)).1)
    var bytes = try folder.bytes("model/training/" + newest)
    bytes[bytes.count / 2] ^= 1
    try folder.write("model/training/" + newest, bytes)
    let resumed = try TestCommand().start(["train", "--resume"], in: folder)
    #expect(resumed.waits(forError: "an epoch is"))
    resumed.send(SIGINT)
    let errors = resumed.wait().errors
    #expect(errors.contains("model/training/\(newest) is passed over: "), "\(errors)")
  }

  /// Where the disk hangs, a run that saves by seconds goes on: its log grows while the checkpoint does not.
  @Test func aCheckpointIsWrittenBesideTraining() throws {
    let folder = try TestFolder(inMemory: true)
    let story = TestCorpora.packageRoot + "/corpora/en/01-the-inspector.txt"
    try folder.write("story.txt", String(contentsOfFile: story, encoding: .utf8))
    let running = try TestCommand().start(
      ["train", "story.txt", "--epochs", "1000000", "--checkpoint-every", "0.05s", "--validation", "0"]
        + TrainedModel.size,
      in: folder, environment: ["TSUZURI_FAULT": "sync:30:hang"])
    /// The step of the log's last whole line; 0 before the first.
    func logged() throws -> Int {
      let line = try folder.text("model/log.jsonl").split(separator: "\n").last { $0.hasSuffix("}") }
      return line?.firstMatch(of: #/"step":(\d+)/#).flatMap { Int($0.1) } ?? 0
    }
    let stuck = running.waitsInTheMiddleOfWriting(in: folder["model"])
    // Good states wait in a queue behind it, and only where that is full does the run wait.
    let names = try FileManager.default.contentsOfDirectory(atPath: folder["model/training"])
    let step = try #require(names.compactMap { $0.firstMatch(of: #/^checkpoint-(\d+)/#).flatMap { Int($0.1) } }.max())
    while running.isRunning, try logged() < step + 200 { Thread.sleep(forTimeInterval: 0.02) }
    #expect(running.isRunning && RunningCommand.halfWritten(in: folder["model"]) == stuck)
    running.send(SIGKILL)
    #expect(running.wait().status == 137)
    let next = try TestCommand().start(["train", "--resume"], in: folder)
    #expect(next.waits(forError: "going on after step "))
    next.send(SIGINT)
    #expect(next.wait().status == 130)
  }

  /// The clock of a run with a time limit stands still while it does.
  @Test func aRunThatTheClockEndsCanBeStoppedAndResumed() throws {
    let folder = try TestFolder(inMemory: true)
    let story = TestCorpora.packageRoot + "/corpora/en/01-the-inspector.txt"
    try folder.write("story.txt", String(contentsOfFile: story, encoding: .utf8))
    let running = try TestCommand().start(
      ["train", "story.txt", "--epochs", "1000000", "--time-limit", "6"] + TrainedModel.size, in: folder)
    #expect(running.waits(forError: "an epoch is"))
    Thread.sleep(forTimeInterval: 0.5)
    running.send(SIGTERM)
    #expect(running.wait().status == 143)
    let resumed = try TestCommand().run(["train", "--resume", "--json", "--quiet"], in: folder)
    #expect(resumed.status == 0, "\(resumed.errors)")
    let result = try fields(of: resumed)
    let log = try folder.text("model/log.jsonl").split(separator: "\n")
    let steps = try log.map { line in
      try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])["step"] as? Int ?? -1
    }
    #expect(steps == Array(Set(steps)).sorted() && steps.last == result["steps"] as? Int)
    #expect(log.count { $0.contains("resumed_from_step") } == 1)
    // Both parts together took what one would have taken, and the end of a step more.
    let seconds = try #require(result["seconds"] as? Double)
    #expect(seconds >= 6)
    let again = try TestCommand().run(["train", "--resume", "--quiet"], in: folder)
    #expect(again.status == 0)
  }

  @Test func aRunThatGivesUpLeavesAModelThatWrites() throws {
    let folder = try TestFolder(inMemory: true)
    let story = TestCorpora.packageRoot + "/corpora/en/01-the-inspector.txt"
    try folder.write("story.txt", String(contentsOfFile: story, encoding: .utf8))
    let outcome = try TestCommand().run(
      [
        "train", "story.txt", "--learning-rate", "1000", "--schedule", "constant", "--divergence-retries", "2",
        "--json",
      ]
        + TrainedModel.size, in: folder)
    #expect(outcome.status == 1 && outcome.output.isEmpty)
    let message = String(outcome.errors.split(separator: "\n").last ?? "")
    #expect(
      message.replacing(#/step \d+/#, with: "step N")
        == "Error: step N: training has diverged: the loss is not finite, or more than ten times that of a blind guess, "
        + "also after it went back 2 times, at last with a learning rate of 250.0. "
        + "The model keeps the weights of step N. Train again with a lower --learning-rate.", "\(message)")
    let sample = try TestCommand().run(["generate", "--max-tokens", "20", "--seed", "1"], in: folder)
    #expect(sample.status == 0 && !sample.output.isEmpty, "\(sample.errors)")
  }

  @Test func aVariableThatMeansNothingIsRefused() throws {
    for text in ["sync", "sync:0", "sync:1:explode", "nowhere:1", "sync:1:kill:more"] {
      let outcome = try TestCommand().run(["info"], in: TestFolder(), environment: ["TSUZURI_FAULT": text])
      #expect(outcome.status == 1)
      #expect(
        outcome.errors == "Error: TSUZURI_FAULT: expected POINT:COUNT or POINT:COUNT:ACTION, as in sync:3:kill, "
          + "found '\(text)'. Unset the variable: only tests need it.\n")
    }
  }
}
