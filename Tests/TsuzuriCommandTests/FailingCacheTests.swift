import Foundation
import Testing
import _TestSupport

/// What happens where a corpus is made into tokens: a disk that is full there, a process that dies there, and a token file
/// that somebody damages while a training reads it.
struct FailingCacheTests {
  private let folder: TestFolder
  private let text: String

  init() throws {
    folder = try TestFolder(inMemory: true)
    let story = TestCorpora.packageRoot + "/corpora/en/01-the-inspector.txt"
    text = try String(contentsOfFile: story, encoding: .utf8)
    try folder.write("story.txt", text)
  }

  private var train: [String] {
    ["train", "story.txt", "--max-steps", "4", "--quiet", "--overwrite"] + TrainedModel.size
  }
  private var cache: String { folder["cache/tsuzuri"] }

  private func files() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: cache)) ?? [] }

  /// Every write there fails once: to the file between the passes, to the vocabulary, to the token file.
  @Test(arguments: [
    ("ENOSPC", "No space left on device", "Free some space on that disk or choose another folder"),
    ("EDQUOT", "Disk quota exceeded", "Free some space on that disk or choose another folder"),
    ("EIO", "Input/output error", "Check the disk"),
  ])
  func aDiskThatFailsThereIsNamed(error: String, reason: String, advice: String) throws {
    var messages: Set<String> = []
    for point in ["tokens", "write"] {
      for count in 1...40 {
        try? FileManager.default.removeItem(atPath: cache)
        let outcome = try TestCommand().run(
          train, in: folder, environment: ["TSUZURI_FAULT": "\(point):\(count):\(error)"])
        let message = String(outcome.errors.split(separator: "\n").last ?? "")
        guard message.contains(cache) else { break }
        #expect(outcome.status == 1)
        messages.insert(message.replacing(#/[0-9a-f]{32}/#, with: "N"))
        #expect(!files().contains { $0.hasSuffix(".part") || $0.hasSuffix(".tokens") }, "\(files())")
      }
    }
    let end = ". \(advice). "
    #expect(
      messages == [
        "Error: \(cache): no file can be written or read here while the corpus is read: \(reason)\(end)"
          + "The folder comes from --cache, XDG_CACHE_HOME or TMPDIR.",
        "Error: \(cache)/N.tokens: the token file cannot be written: \(reason)\(end)Its folder comes from --cache, XDG_CACHE_HOME or TMPDIR.",
        "Error: \(cache)/N.vocabulary.txt: cannot be written: \(reason). \(advice); "
          + "what stood there before is unchanged.",
      ])
    #expect(try TestCommand().run(train, in: folder).status == 0)
  }

  @Test func whatAKilledProcessLeftThereGoesWithTheNext() throws {
    var left = 0
    for count in 1...40 {
      try? FileManager.default.removeItem(atPath: cache)
      let killed = try TestCommand().run(train, in: folder, environment: ["TSUZURI_FAULT": "tokens:\(count):kill"])
      if killed.status == 0 { break }
      #expect(killed.status == 137)
      left += files().count { $0.hasSuffix(".part") }
      #expect(try TestCommand().run(train, in: folder).status == 0)
      #expect(files().allSatisfy { $0.hasSuffix(".tokens") || $0.hasSuffix(".vocabulary.txt") }, "\(files())")
    }
    #expect(left > 0)
  }

  /// A process at work keeps its file: a second one, which makes the same tokens, takes nothing from it.
  @Test func aProcessAtWorkKeepsItsFile() throws {
    // The first write that belongs to the token file.
    let count = try (1...40).first { count in
      try? FileManager.default.removeItem(atPath: cache)
      _ = try TestCommand().run(train, in: folder, environment: ["TSUZURI_FAULT": "tokens:\(count):kill"])
      return files().contains { $0.hasSuffix(".part") }
    }
    try? FileManager.default.removeItem(atPath: cache)
    let hanging = try TestCommand().start(
      train, in: folder, environment: ["TSUZURI_FAULT": "tokens:\(try #require(count)):hang"])
    while hanging.isRunning, !files().contains(where: { $0.hasSuffix(".part") }) { Thread.sleep(forTimeInterval: 0.01) }
    let part = try #require(files().first { $0.hasSuffix(".part") })
    #expect(try TestCommand().run(train + ["--model", "other"], in: folder).status == 0)
    #expect(files().contains(part))
    hanging.send(SIGKILL)
    #expect(hanging.wait().status == 137)
    // The tokens of another text, for those of this one are there now.
    try folder.write("story.txt", text + "One more line.\n")
    #expect(try TestCommand().run(train + ["--model", "other"], in: folder).status == 0)
    #expect(!files().contains(part))
  }

  /// Somebody cuts the token file short, or writes into it, while a training reads it.
  @Test(arguments: [true, false])
  func aTokenFileThatIsDamagedUnderATrainingEndsItAndLosesNothing(isCut: Bool) throws {
    let options = ["--max-steps", "1500", "--epochs", "10000", "--checkpoint-every", "50"] + TrainedModel.size
    let command = ["train", "story.txt"] + options
    #expect(try TestCommand().run(command + ["--model", "whole", "--quiet"], in: folder).status == 0)
    let running = try TestCommand().start(command, in: folder)
    #expect(running.waits(forError: "an epoch is"))
    let name = try #require(files().first { $0.hasSuffix(".tokens") })
    let path = cache + "/" + name
    let handle = try #require(FileHandle(forWritingAtPath: path))
    if isCut {
      try handle.truncate(atOffset: 3000)
    } else {
      try handle.seek(toOffset: 3000)
      handle.write(Data([0xFF, 0xFF, 0xFF, 0xFF]))
    }
    try handle.close()
    let outcome = running.wait()
    #expect(outcome.status == 1)
    let message = String(outcome.errors.split(separator: "\n").last ?? "")
    #expect(message.hasPrefix("Error: \(path): ") && message.hasSuffix("Delete it; it is made again from the corpus."))
    let resumed = try TestCommand().run(["train", "--resume", "--quiet"], in: folder)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try folder.bytes("model/model.safetensors") == folder.bytes("whole/model.safetensors"))
  }
}
