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
    // Until the thread that writes stands still.
    var before: [String] = []
    while running.isRunning {
      Thread.sleep(forTimeInterval: 0.1)
      let names = (try? FileManager.default.contentsOfDirectory(atPath: trial.folder["broken/training"])) ?? []
      if names.sorted() == before, before.contains(where: { $0.hasSuffix(".writing") }) { break }
      before = names.sorted()
    }
    running.send(signal)
    Thread.sleep(forTimeInterval: 0.1)
    #expect(running.isRunning, "it waits for the checkpoint")
    running.send(signal)
    #expect(running.wait().status == 128 + signal)
    try trial.finish()
    #expect(try trial.resumptions() == 1)
  }

  @Test func aCorpusThatGoesAwayIsNotMissed() throws {
    let folder = try TestFolder(inMemory: true)
    let story = TestCorpora.packageRoot + "/corpora/en/01-the-inspector.txt"
    let text = try String(contentsOfFile: story, encoding: .utf8)
    try folder.write("story.txt", text)
    let options =
      ["train", "story.txt", "--max-steps", "300", "--epochs", "100", "--checkpoint-every", "50"]
      + TrainedModel.size
    #expect(try TestCommand().run(options + ["--model", "whole"], in: folder).status == 0)
    let running = try TestCommand().start(options + ["--model", "alone"], in: folder)
    #expect(running.waits(forError: "an epoch is"))
    try folder.write("story.txt", String(text.prefix(2000)))
    try FileManager.default.removeItem(atPath: folder["story.txt"])
    try FileManager.default.removeItem(atPath: folder["cache"])
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
