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

  /// Every cell, with optimizers, schedules and all that a model may have spread over them.
  static let runs: [[String]] =
    CellKind.allCases.enumerated().map { index, cell in
      let optimizer = [["adamw", "--weight-decay", "0.01"], ["sgd", "--momentum", "0.9", "--learning-rate", "0.1"]]
      let schedule = [["cosine", "--warmup-steps", "20"], ["constant"], ["plateau"]]
      return ["--cell", cell.rawValue, "--optimizer"] + optimizer[index % 2] + ["--schedule"] + schedule[index % 3]
        + ["--dropout", index % 4 == 1 ? "0" : "0.2"]
    } + [
      ["--bidirectional", "--dropout", "0.1"], ["--projection-size", "10", "--shares", "3"],
      ["--layer-norm", "--validation", "0"],
      ["--cell", "gru", "--tie-embeddings", "--embedding-size", "20", "--clip-value", "0.01"],
      // Too fast by far: it goes back several times.
      ["--optimizer", "sgd", "--clip-norm", "0", "--learning-rate", "3000", "--divergence-retries", "20"],
      ["--random-sequence-length", "--variational-dropout", "--dropout", "0.2"],
    ]

  @Test(arguments: runs.indices)
  func aRunThatIsKilledAtRandomMomentsEndsInTheSameBytes(_ index: Int) throws {
    var random = Moments(seed: UInt64(Self.seed &* 1000 &+ index))
    let trial = try TrainingTrial(Self.runs[index], steps: 400)
    var left = (Self.kills + Self.runs.count - 1) / Self.runs.count
    while left > 0 {
      let running = try trial.start(threads: Int(random.next(in: 1...3)))
      Thread.sleep(forTimeInterval: random.next(in: 0.02...0.4))
      running.send(SIGKILL)
      let outcome = running.wait()
      if outcome.status == 137 {
        left -= 1
      } else {
        try #require(outcome.status == 0, "\(outcome.errors)")
        try trial.compare()
        try trial.remove()
      }
    }
    try trial.finish(threads: Int(random.next(in: 1...3)))
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
          resumed.errors == "Error: broken: the run was begun with --seed 8, and 7 was asked for. "
            + "Resume without that option, or begin anew with --overwrite.\n")
        #expect(try trial.folder.bytes("broken/model.safetensors") == weights)
      }
      try trial.remove()
    }
    #expect(refused < 4)
  }
}

/// Numbers that a seed decides: SplitMix64 (Steele, Lea & Flood 2014).
private struct Moments {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func next(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * Double(next() >> 11) / Double(1 << 53)
  }
}
