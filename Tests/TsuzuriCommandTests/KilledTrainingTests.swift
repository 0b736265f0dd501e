import Foundation
import Testing
import Tsuzuri
import _TestSupport

/// `kill -9` at any moment, and `train --resume`: the run ends as if nothing had happened.
///
/// `Scripts/kill-often` runs the same with thousands of kills.
struct KilledTrainingTests {
  /// How many times processes are killed at random moments, in all runs together, and where the moments come from.
  private static let kills = number("TSUZURI_KILLS") ?? 56
  private static let seed = number("TSUZURI_KILL_SEED") ?? 1

  private static func number(_ variable: String) -> Int? {
    ProcessInfo.processInfo.environment[variable].flatMap(Int.init)
  }

  private static let optimizers = [
    ["adamw", "--weight-decay", "0.01"], ["sgd", "--momentum", "0.9", "--nesterov", "--learning-rate", "0.1"], ["adam"],
    ["rmsprop", "--centered", "--momentum", "0.5"], ["adagrad", "--learning-rate", "0.01"],
    ["asgd", "--learning-rate", "0.1"], ["nt-asgd", "--learning-rate", "0.5", "--validate-every", "30"],
  ]
  private static let schedules = [
    ["cosine", "--warmup-steps", "20"], ["constant"], ["plateau", "--plateau-patience", "0", "--validate-every", "20"],
    ["step", "--step-after", "1"], ["one-cycle"],
  ]
  private static let dropouts = [
    ["--dropout", "0.2"], ["--input-dropout", "0.1", "--hidden-dropout", "0.3", "--output-dropout", "0.2"],
    ["--dropout", "0.2", "--variational-dropout"], ["--embedding-dropout", "0.1"],
  ]
  /// Those that not every cell can have.
  private static let weightDropout = ["--weight-dropout", "0.3"]

  /// Too fast by far: it goes back several times.
  private static let rash = [
    "--optimizer", "sgd", "--clip-norm", "0", "--learning-rate", "3000", "--divergence-retries", "20",
  ]

  /// Every cell, with every optimizer, schedule and kind of dropout spread over them, and all else that a model may have.
  static let runs: [[String]] =
    CellKind.allCases.enumerated().map { index, cell in
      ["--cell", cell.rawValue, "--optimizer"] + optimizers[index % optimizers.count] + ["--schedule"]
        + schedules[index % schedules.count] + dropouts[index % dropouts.count]
    } + [
      weightDropout + [
        "--activation-regularization", "1", "--temporal-activation-regularization", "1", "--label-smoothing", "0.1",
      ],
      ["--sampled-softmax", "20"], ["--adaptive-softmax", "20,40"],
      ["--learn-initial-state", "--document", "line"], ["--patience", "2", "--validate-every", "9"],
      ["--validate-every", "3epochs"],
      ["--bidirectional", "--dropout", "0.1"], ["--projection-size", "10", "--shares", "3"],
      ["--layer-norm", "--validation", "0"],
      [
        "--cell", "gru", "--tie-embeddings", "--embedding-size", "20", "--clip-value", "0.01", "--initial-weights",
        "uniform:0.1",
      ],
      ["--checkpoint-every", "0.05s"],
      rash,
      ["--random-sequence-length", "--residual", "--variational-dropout", "--dropout", "0.2"],
      // Bounded by epochs, and the weights of another recipe.
      [
        "--max-steps", "none", "--epochs", "4", "--optimizer", "nt-asgd", "--learning-rate", "5", "--schedule",
        "plateau",
        "--initial-weights", "awd-lstm",
      ],
    ]

  @Test func theRunsHaveEveryOptimizerScheduleAndDropout() throws {
    let help = try TestCommand().run(["train", "--help"], in: TestFolder()).output
    let known = help.matches(of: #/\n  (--\w*-?dropout)[ /]/#).map { String($0.1) }
    #expect(known.count == 7)
    #expect(Set(known) == Set((Self.dropouts.joined() + Self.weightDropout).filter { $0.hasSuffix("dropout") }))
    #expect(Set(Self.optimizers.map { $0[0] }) == Set(OptimizerChoice.names))
    #expect(Set(Self.schedules.map { $0[0] }) == Set(LearningRateSchedule.names))
    #expect(CellKind.allCases.count >= max(Self.optimizers.count, Self.schedules.count, Self.dropouts.count))
  }

  @Test(arguments: runs.indices)
  func aRunThatIsKilledAtRandomMomentsEndsInTheSameBytes(_ index: Int) throws {
    var random = Moments(seed: UInt64(Self.seed &* 1000 &+ index))
    let trial = try TrainingTrial(Self.runs[index], steps: 400)
    if Self.runs[index].contains("--divergence-retries") {
      #expect(try trial.folder.text("whole/log.jsonl").contains("went_back_from_step"))
    }
    // One kill that certainly leaves something to go on from, then the others.
    try trial.killAfterACheckpoint(threads: Int(random.next(in: 1...4)))
    try trial.finish(threads: Int(random.next(in: 1...4)))
    #expect(try trial.resumptions() > 0)
    try trial.remove()
    var left = (Self.kills + Self.runs.count - 1) / Self.runs.count
    var hits = 0
    while left > 0 {
      let running = try trial.start(threads: Int(random.next(in: 1...4)))
      // On a slow machine all may come before a first checkpoint: then the last of them waits for one.
      while left == 1, hits == 0, running.isRunning, !trial.hasCheckpoint { Thread.sleep(forTimeInterval: 0.001) }
      Thread.sleep(forTimeInterval: random.next(in: 0.02...0.4))
      running.send(SIGKILL)
      let outcome = running.wait()
      if outcome.status == 137 {
        left -= 1
        hits += trial.hasCheckpoint ? 1 : 0
      } else {
        try #require(outcome.status == 0, "\(outcome.errors)")
        try trial.compare()
        try trial.remove()
      }
    }
    #expect(hits > 0, "every kill came before a first checkpoint")
    try trial.finish(threads: Int(random.next(in: 1...4)))
  }

  /// The moments of a file's way to the disk, the first times that each is reached; the run goes on from where it was.
  @Test(arguments: ["open", "write", "sync", "rename", "folder", "remove", "append"])
  func aRunThatIsKilledWhileItSavesEndsInTheSameBytes(point: String) throws {
    let trial = try TrainingTrial(["--dropout", "0.2"], steps: 400)
    // There are fewer lines of the log than files.
    for count in [1, 1, 2, 3, 4, 5] + (point == "append" ? [] : [6, 7, 9, 12]) {
      let outcome = try trial.start(threads: 1 + count % 3, fault: "\(point):\(count):kill").wait()
      #expect(outcome.status == 137, "\(point):\(count): \(outcome.errors)")
    }
    try trial.finish()
    #expect(try trial.resumptions() > 0)
  }

  /// The same while a run that is too fast goes back, again and again: its good states are written, and its log is cut.
  @Test(arguments: ["write", "sync", "rename", "folder"])
  func aRunThatIsKilledWhileItGoesBackEndsInTheSameBytes(point: String) throws {
    let trial = try TrainingTrial(Self.rash, steps: 200)
    #expect(try trial.folder.text("whole/log.jsonl").contains("went_back_from_step"))
    for count in [5, 7, 9, 11, 13, 17, 23] {
      let outcome = try trial.start(threads: 1 + count % 3, fault: "\(point):\(count):kill").wait()
      #expect(outcome.status == 137, "\(point):\(count): \(outcome.errors)")
    }
    try trial.finish()
  }

  /// The first moments of a run, each in a folder of its own; then the run is begun again by `--resume`.
  @Test(arguments: ["open", "write", "sync", "rename", "folder"])
  func aRunThatIsKilledAsItBeginsCanBeResumed(point: String) throws {
    let trial = try TrainingTrial([], steps: 10)
    for count in 1...6 {
      let outcome = try trial.start(threads: 1, fault: "\(point):\(count)", []).wait()
      #expect(outcome.status == 137, "\(point):\(count): \(outcome.errors)")
      try trial.finish(threads: 1)
      try trial.remove()
    }
  }

  /// A run that is to begin with another model's weights has them whenever it was killed, and however often.
  @Test(arguments: ["open", "write", "sync", "rename", "folder"])
  func aRunFromOtherWeightsThatIsKilledAsItBeginsHasThem(point: String) throws {
    let folder = try TestFolder(inMemory: true)
    try folder.write(
      "story.txt", String(contentsOfFile: TestCorpora.packageRoot + "/corpora/en/01-the-inspector.txt", encoding: .utf8)
    )
    let train = ["train", "story.txt", "--quiet", "--max-steps"]
    #expect(try TestCommand().run(train + ["3", "--model", "other"] + TrainedModel.size, in: folder).status == 0)
    let options = train + ["6", "--init-from", "other", "--batch-size", "8", "--sequence-length", "16"]
    #expect(try TestCommand().run(options + ["--model", "whole"], in: folder).status == 0)
    for count in 1...5 {
      let killed = try TestCommand().run(options, in: folder, environment: ["TSUZURI_FAULT": "\(point):\(count):kill"])
      #expect(killed.status == 137, "\(point):\(count): \(killed.errors)")
      let resumed = try TestCommand().run(options + ["--resume"], in: folder)
      #expect(resumed.status == 0, "\(point):\(count): \(resumed.errors)")
      #expect(try folder.bytes("model/model.safetensors") == folder.bytes("whole/model.safetensors"))
      try FileManager.default.removeItem(atPath: folder["model"])
    }
  }

  /// A run takes another one's place at one moment: before it the older one goes on, after it the newer one.
  @Test(arguments: ["open", "write", "sync", "rename", "folder", "remove"])
  func aRunThatIsKilledAsItTakesAnothersPlaceLosesNeither(point: String) throws {
    let trial = try TrainingTrial(["--seed", "7"], steps: 10)
    let older = Array(trial.options.dropLast(2)) + ["--seed", "8", "--model", "broken"]
    var refused = 0
    for count in 1...(point == "remove" ? 4 : 7) {
      #expect(try TestCommand().run(older, in: trial.folder).status == 0)
      let weights = try trial.folder.bytes("broken/model.safetensors")
      let killed = try trial.start(threads: 1, fault: "\(point):\(count)", ["--overwrite"]).wait()
      #expect(killed.status == 137, "\(point):\(count): \(killed.errors)")
      let resumed = try trial.start(threads: 1).wait()
      if resumed.status == 0 {
        try trial.compare()
      } else {
        refused += 1
        #expect(
          resumed.errors == "Error: --seed 7: the run in broken was begun with 8, and another value would change its "
            + "result. Leave the option out, or begin anew with --overwrite.\n")
        #expect(try trial.folder.bytes("broken/model.safetensors") == weights)
        let older = try TestCommand().run(["evaluate", "story.txt", "--model", "broken", "--quiet"], in: trial.folder)
        #expect(older.status == 0, "\(point):\(count): \(older.errors)")
      }
      try trial.remove()
    }
    #expect(refused < 4)
  }
}

/// Numbers that a seed decides.
private struct Moments {
  private var generator: SplitMix64
  init(seed: UInt64) { generator = SplitMix64(seed: seed) }

  mutating func next(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * Double(generator.next() >> 11) / Double(1 << 53)
  }
}
