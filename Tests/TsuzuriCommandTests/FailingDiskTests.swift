import Foundation
import Testing
import _TestSupport

/// A disk that is full, read-only or broken: the run stops with a message, and the last checkpoint is there to go on from.
struct FailingDiskTests {
  /// Errors of each kind, at the n-th time that a call of the kind is made.
  @Test(arguments: [
    ("open", 12, "EMFILE"), ("write", 9, "ENOSPC"), ("write", 16, "EDQUOT"), ("sync", 11, "EIO"),
    ("rename", 14, "EROFS"), ("folder", 13, "EIO"), ("append", 2, "ENOSPC"), ("write", 1, "EFBIG"),
    ("open", 17, "EACCES"),
  ])
  func whatFailsIsToldAndTheRunGoesOnAfterwards(point: String, count: Int, error: String) throws {
    let trial = try TrainingTrial(["--dropout", "0.1"], steps: 200)
    let failed = try trial.start(threads: 2, fault: "\(point):\(count):\(error)").wait()
    #expect(failed.status == 1, "\(failed.errors)")
    let message = try #require(failed.errors.split(separator: "\n").last)
    let (reason, advice) = try #require(Self.words[error])
    #expect(
      message.hasPrefix("Error: broken/") && message.contains(": cannot be written: \(reason). \(advice)"), "\(message)"
    )
    let step = message.firstMatch(of: #/ the run can go on after step (\d+) with --resume\.$/#).flatMap { Int($0.1) }
    #expect(count == 1 ? message.hasSuffix(" nothing was saved yet.") : step != nil, "\(message)")
    try trial.finish()
    // It goes on where the message said.
    if let step { #expect(try trial.resumedFrom() == [step]) }
  }

  /// The system's words for an error, and ours for what to do.
  private static let words = [
    "ENOSPC": ("No space left on device", "Free some space on that disk or choose another folder"),
    "EDQUOT": ("Disk quota exceeded", "Free some space on that disk or choose another folder"),
    "EIO": ("Input/output error", "Check the disk"),
    "EACCES": ("Permission denied", "Choose a folder that you may write to"),
    "EROFS": ("Read-only file system", "Choose a folder that you may write to"),
    "EMFILE": ("Too many open files", "Allow the process more open files ('ulimit -n')"),
    "EFBIG": ("File too large", "Allow larger files ('ulimit -f'), or choose a disk that takes them"),
  ]

  @Test func shortWritesAreGoneOnWith() throws {
    let trial = try TrainingTrial(["--dropout", "0.1"], steps: 40)
    for point in ["write", "append"] {
      let outcome = try trial.start(threads: 2, fault: "\(point):1:short").wait()
      #expect(outcome.status == 0, "\(outcome.errors)")
      try trial.compare()
      try trial.remove()
    }
  }

  /// A file that may not grow is an error with a message; the signal that comes with it would end the process.
  @Test(
    .disabled(
      if: ProcessInfo.processInfo.environment["TSUZURI_SANITIZER"] == "thread",
      "the limit is met by the sanitizer's own files"))
  func aLimitOfAFilesSizeIsAnError() throws {
    let trial = try TrainingTrial([], steps: 100)
    #expect(try trial.start(threads: 2, fault: "sync:14:kill").wait().status == 137)
    let failed = try trial.shell("ulimit -f 100; \(trial.line("--resume"))")
    #expect(failed.status == 1)
    let message = try #require(failed.errors.split(separator: "\n").last)
    let last = try #require(message.firstMatch(of: #/after step (\d+)/#)).1
    let steps = try #require(Int(last))
    #expect(
      message.replacing(#/(checkpoint|good)-\d+/#, with: "checkpoint-N")
        == "Error: broken/training/checkpoint-N.safetensors: cannot be written: File too large. "
        + "Allow larger files ('ulimit -f'), or choose a disk that takes them; what stood there before is unchanged. "
        + "A checkpoint takes 194 kB; the run can go on after step \(steps) with --resume.")
    try trial.finish()
    #expect(try trial.resumedFrom().last == steps)
  }

  /// With so few descriptors that something cannot be opened: a message, and nothing lost.
  @Test func aLimitOfOpenFilesLosesNothing() throws {
    let trial = try TrainingTrial([], steps: 60)
    #expect(try trial.start(threads: 2, fault: "sync:14:kill").wait().status == 137)
    try FileManager.default.copyItem(atPath: trial.folder["broken"], toPath: trial.folder["killed"])
    var refused = 0
    for limit in 4...12 {
      try trial.remove()
      try FileManager.default.copyItem(atPath: trial.folder["killed"], toPath: trial.folder["broken"])
      let outcome = try trial.shell("ulimit -n \(limit); \(trial.line("--resume")); exit $?")
      // 127: not even the libraries could be loaded.
      #expect([0, 1, 127].contains(outcome.status), "\(limit): \(outcome.errors)")
      if outcome.status == 1 { refused += 1 }
      if outcome.status == 1 { #expect(outcome.errors.contains("ulimit -n"), "\(limit): \(outcome.errors)") }
      try trial.finish()
      #expect(try trial.resumptions() > 0, "\(limit): it began anew")
    }
    #expect(refused > 0)
  }

  @Test(.enabled(if: Mount.isAllowed, "skipped: nothing can be mounted here"))
  func aFullDiskKeepsTheLastCheckpoint() throws {
    let trial = try TrainingTrial([], steps: 100)
    let outcome = try trial.shell(
      """
      mkdir broken && mount -t tmpfs -o size=700k none broken
      \(trial.line()); echo $?; ls broken/training
      mount -t tmpfs -o remount,size=8m none broken
      \(trial.line("--resume")) && grep -c resumed_from_step broken/log.jsonl \
        && cmp broken/model.safetensors whole/model.safetensors && echo the same
      """, mounting: true)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.first == "1" && lines.suffix(2) == ["1", "the same"], "\(outcome)")
    #expect(lines.contains("index.json") && !lines.contains { $0.hasSuffix(".writing") })
    let message = try #require(outcome.errors.split(separator: "\n").first)
    #expect(message.hasPrefix("Error: broken/"), "\(message)")
    #expect(
      message.contains(
        ": cannot be written: No space left on device. Free some space on that disk or choose another folder; "
          + "what stood there before is unchanged. A checkpoint takes 194 kB; the run can go on after step "),
      "\(message)")
  }

  @Test(.enabled(if: Mount.isAllowed, "skipped: nothing can be mounted here"))
  func aReadOnlyFolderIsNamed() throws {
    let trial = try TrainingTrial([], steps: 100)
    #expect(try trial.start(threads: 2, fault: "sync:14:kill").wait().status == 137)
    let outcome = try trial.shell(
      """
      mount --bind broken broken && mount -o remount,bind,ro broken
      \(trial.line("--resume"))
      """, mounting: true)
    #expect(outcome.status == 1)
    #expect(
      outcome.errors
        == "Error: broken/.lock: cannot be written: Read-only file system. Choose a folder that you may write to.\n")
    try trial.finish()
    #expect(try trial.resumptions() > 0)
  }
}

/// Whether a test may mount file systems in a place of its own that goes with it.
private enum Mount {
  static let isAllowed: Bool = {
    guard let folder = try? TestFolder() else { return false }
    let outcome = try? TestCommand().runInShell("unshare -rm mount -t tmpfs none \(folder.path)", in: folder)
    return outcome?.status == 0
  }()
}

extension TrainingTrial {
  /// The run as a line of the shell.
  func line(_ more: String = "") -> String {
    "COMMAND \(options.joined(separator: " ")) --model broken \(more)"
  }

  /// Runs lines of the shell, in which COMMAND stands for the command, where they may mount something if they have to.
  func shell(_ lines: String, mounting: Bool = false) throws -> TestCommand.Outcome {
    let script = lines.replacing("COMMAND", with: try TestCommand().path)
    try folder.write("script", script)
    return try TestCommand().runInShell((mounting ? "exec unshare -rm " : "exec ") + "bash script", in: folder)
  }
}
