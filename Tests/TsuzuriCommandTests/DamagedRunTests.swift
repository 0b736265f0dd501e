import Foundation
import Testing
import _TestSupport

/// What stands beside a run's checkpoints, damaged or taken away: `--resume` mends what it knows, and says so. And a model
/// that was to be replaced by one that cannot be written.
struct DamagedRunTests {
  /// A run that was killed after some checkpoints.
  private func killedTrial(_ options: [String] = []) throws -> TrainingTrial {
    let trial = try TrainingTrial(options, steps: 60)
    try kill(trial)
    return trial
  }

  private func kill(_ trial: TrainingTrial) throws {
    let outcome = try trial.start(threads: 1, fault: "sync:24:kill", []).wait()
    try #require(outcome.status == 137 && trial.hasCheckpoint, "\(outcome.errors)")
  }

  @Test func aDamagedVocabularyIsWrittenAnew() throws {
    let trial = try killedTrial()
    let good = try trial.folder.bytes("broken/vocabulary.txt")
    var flipped = good
    flipped[300] ^= 1
    for (index, damaged) in [flipped, Array(good.dropLast(2)), Array(good.dropLast(1)), [], [0xFF]].enumerated() {
      if index > 0 { try kill(trial) }
      try trial.folder.write("broken/vocabulary.txt", damaged)
      let resumed = try trial.start(threads: 2).wait()
      #expect(resumed.status == 0)
      // The last line's end makes no difference.
      #expect(
        resumed.errors
          == (index == 2
            ? "" : "broken/vocabulary.txt is not the vocabulary of this run; it is written anew.\n"))
      if index == 2 { try trial.folder.write("broken/vocabulary.txt", good) }
      try trial.compare()
      let measured = try TestCommand().run(["evaluate", "story.txt", "--model", "broken", "--quiet"], in: trial.folder)
      #expect(measured.status == 0, "\(measured.errors)")
      try trial.remove()
    }
  }

  @Test func aDamagedLogIsToldOf() throws {
    let trial = try killedTrial(["--validation", "0"])
    let log = try trial.folder.text("broken/log.jsonl")
    #expect(log.isEmpty, "a line comes every 50 steps")
    try trial.finish()
    try trial.remove()
    let longer = try TrainingTrial(["--validation", "0", "--checkpoint-every", "25"], steps: 160)
    func killed() throws -> [UInt8] {
      // The first checkpoint is that of step 0, and the log has the lines of steps 50 and 100.
      let outcome = try longer.start(threads: 1, fault: "append:3:kill", []).wait()
      try #require(outcome.status == 137, "\(outcome.errors)")
      return try longer.folder.bytes("broken/log.jsonl")
    }
    let warning = "broken/log.jsonl is not as this run left it; the lines that can be read are kept.\n"
    let whole = try killed()
    #expect(whole.count { $0 == UInt8(ascii: "\n") } == 2)
    for place in [3, 40, whole.count - 1] {
      var damaged = whole
      damaged[place] ^= 1
      try longer.folder.write("broken/log.jsonl", damaged)
      let resumed = try longer.start(threads: 1).wait()
      #expect(resumed.status == 0 && resumed.errors == warning, "\(place): \(resumed.errors)")
      #expect(
        try longer.folder.bytes("broken/model.safetensors") == longer.folder.bytes("whole/model.safetensors"))
      try longer.remove()
      _ = try killed()
    }
    // What stands behind the part that the checkpoint knows is cut off, however much it is.
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: longer.folder["broken/log.jsonl"]))
    try handle.truncate(atOffset: 1 << 40)
    try handle.close()
    let resumed = try longer.start(threads: 1).wait()
    #expect(resumed.status == 0 && resumed.errors.isEmpty, "\(resumed.errors)")
    try longer.compare()
  }

  /// The weights of the last step stand in the checkpoint, and here they are the best.
  @Test func theLostWeightsOfAFinishedRunAreThoseOfItsLastStep() throws {
    let trial = try TrainingTrial(["--validation", "0"], steps: 12)
    try trial.finish()
    let good = try trial.folder.bytes("broken/model.safetensors")
    var flipped = good
    flipped[flipped.count - 5] ^= 4
    for damaged in [flipped, Array(good.dropLast(4)), nil] {
      let path = trial.folder["broken/model.safetensors"]
      try FileManager.default.removeItem(atPath: path)
      if let damaged { try trial.folder.write("broken/model.safetensors", damaged) }
      let resumed = try trial.start(threads: 1).wait()
      #expect(resumed.status == 0)
      #expect(
        resumed.errors.hasPrefix(
          "the model's weights are lost, and those of the last step take their place: "),
        "\(resumed.errors)")
      try trial.compare()
    }
    let again = try trial.start(threads: 1).wait()
    #expect(
      again.status == 0 && again.errors == "the run is finished; it is left as it is.\n", "\(again.errors)")
  }

  @Test(.enabled(if: geteuid() != 0, "the superuser reads everything"))
  func aTrainingFolderThatCannotBeReadIsNotTakenForNone() throws {
    let trial = try killedTrial()
    chmod(trial.folder["broken/training"], 0)
    defer { chmod(trial.folder["broken/training"], 0o755) }
    let resumed = try trial.start(threads: 1).wait()
    #expect(resumed.status == 1)
    #expect(
      resumed.errors == "Error: broken/training/index.json: cannot be read: Permission denied. "
        + "Check the path and its permissions.\n")
  }

  /// Killed at the first moments of each kind, `import` and `ngram train` leave the older model or the newer one, or for a
  /// moment none, and never parts of both.
  @Test(arguments: ["import", "ngram"])
  func aModelThatIsBeingReplacedIsNeverPartsOfTwo(by command: String) throws {
    let trial = try TrainingTrial(["--seed", "7"], steps: 10)
    try trial.finish()
    let (files, folder) = (FileManager.default, trial.folder)
    func run(_ arguments: [String], fault: String? = nil) throws -> TestCommand.Outcome {
      try TestCommand().run(arguments, in: folder, environment: fault.map { ["TSUZURI_FAULT": $0] } ?? [:])
    }
    func nats() throws -> Double? {
      let measured = try run(["evaluate", "story.txt", "--model", "broken", "--json", "--quiet"])
      if measured.status == 0 { return try fields(of: measured)["nats_per_token"] as? Double }
      #expect(
        measured.errors.hasPrefix("Error: broken: ") && !measured.errors.contains("checksum"), "\(measured.errors)")
      return nil
    }
    let train = ["train", "story.txt", "--max-steps", "3", "--model", "other", "--quiet"] + TrainedModel.size
    #expect(try run(train).status == 0)
    #expect(try run(["export", "--model", "other", "--format", "pytorch", "--output", "torch", "--quiet"]).status == 0)
    let arguments =
      (command == "import"
        ? ["import", "torch/model.safetensors", "--vocabulary", "torch/vocabulary.txt"]
        : ["ngram", "train", "story.txt"])
      + ["--overwrite", "--model", "broken", "--quiet"]
    try files.copyItem(atPath: folder["broken"], toPath: folder["older"])
    let older = try #require(try nats())
    #expect(try run(arguments).status == 0)
    let newer = try #require(try nats())
    #expect(older != newer)
    var none = 0
    for point in ["open", "write", "sync", "rename", "folder", "remove"] {
      for count in 1...4 {
        try trial.remove()
        try files.copyItem(atPath: folder["older"], toPath: folder["broken"])
        let killed = try run(arguments, fault: "\(point):\(count):kill")
        // So often it may not come to that point.
        if killed.status == 0 { break }
        #expect(killed.status == 137, "\(point):\(count): \(killed.errors)")
        let found = try nats()
        #expect(found == nil || found == older || found == newer, "\(point):\(count)")
        none += found == nil ? 1 : 0
        #expect(try run(arguments).status == 0, "\(point):\(count)")
        #expect(try nats() == newer, "\(point):\(count)")
        let names = try files.contentsOfDirectory(atPath: folder["broken"])
        #expect(Set(names) == [".lock", "config.json", "model.safetensors", "vocabulary.txt"], "\(names)")
      }
    }
    #expect(none > 0, "between the two models there is a moment with none")
  }

  /// The first files of the newer model, each call in turn.
  @Test(arguments: ["train", "import", "ngram"])
  func aModelThatCannotBeReplacedStays(by command: String) throws {
    let trial = try TrainingTrial(["--seed", "7"], steps: 10)
    try trial.finish()
    let older = try trial.folder.bytes("broken/model.safetensors")
    let export = ["export", "--model", "whole", "--format", "pytorch", "--output", "torch", "--quiet"]
    #expect(try TestCommand().run(export, in: trial.folder).status == 0)
    let arguments =
      switch command {
      case "train": Array(trial.options.dropLast(2)) + ["--seed", "8"]
      case "import": ["import", "torch/model.safetensors", "--vocabulary", "torch/vocabulary.txt", "--quiet"]
      default: ["ngram", "train", "story.txt", "--quiet"]
      }
    for point in ["open", "write", "sync", "rename"] {
      // A training's first file is the index, whose place is taken at once; the others write three first.
      for count in 1...(command == "train" ? 1 : 3) {
        let outcome = try TestCommand().run(
          arguments + ["--overwrite", "--model", "broken"], in: trial.folder,
          environment: ["TSUZURI_FAULT": "\(point):\(count):ENOSPC"])
        #expect(outcome.status == 1, "\(point):\(count)")
        #expect(outcome.errors.contains("\nError: broken/"), "\(point):\(count): \(outcome.errors)")
        #expect(!outcome.errors.contains(".replacement"), "\(outcome.errors)")
        #expect(try trial.folder.bytes("broken/model.safetensors") == older)
        let measured = try TestCommand().run(
          ["evaluate", "story.txt", "--model", "broken", "--quiet"], in: trial.folder)
        #expect(measured.status == 0, "\(point):\(count): \(measured.errors)")
        let resumed = try trial.start(threads: 1).wait()
        #expect(resumed.status == 0, "\(point):\(count): \(resumed.errors)")
        try trial.compare()
        let names = try FileManager.default.contentsOfDirectory(atPath: trial.folder["broken"])
        #expect(!names.contains(".replacement"), "\(names)")
      }
    }
    let replaced = try TestCommand().run(arguments + ["--overwrite", "--model", "broken"], in: trial.folder)
    #expect(replaced.status == 0, "\(replaced.errors)")
    // The exported model has the same weights.
    #expect(try (trial.folder.bytes("broken/model.safetensors") == older) == (command == "import"))
  }
}
