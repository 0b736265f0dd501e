import DiskRecorder
import Foundation
import Testing
import TsuzuriArchive
import TsuzuriData
import TsuzuriModelFolder
import TsuzuriText
import _TestSupport

@testable import TsuzuriTraining

/// What a power cut would leave: files are on the disk before they get their names, and what a file speaks of is there before
/// it. A process that is killed loses nothing that the system has; so these calls are looked at themselves.
@Suite(.serialized) struct DiskOrderTests {
  private let folder = Result { try TestFolder() }

  /// The calls that `body` makes for files below the folder.
  private func calls(_ body: (TestFolder) throws -> Void) throws -> [String] {
    let folder = try folder.get()
    let path = URL(fileURLWithPath: folder.path).resolvingSymlinksInPath().path
    tz_record_disk(path)
    defer { tz_record_disk(nil) }
    try body(folder)
    return String(cString: tz_disk_record()).split(separator: "\n").map(String.init)
  }

  @Test func aFileIsOnTheDiskBeforeItHasItsName() throws {
    let made = try calls { try AtomicFile.replace($0["a.txt"], with: "words") }
    #expect(made == ["sync .a.txt.writing", "rename .a.txt.writing a.txt", "sync ."])
  }

  @Test func aNewFolderIsOnTheDiskBeforeAnythingIsInIt() throws {
    let made = try calls { folder in
      try SystemIO.makeFolder(folder["a/b"])
      try AtomicFile.replace(folder["a/b/c.txt"], with: "words")
      try SystemIO.makeFolder(folder["a/b"])
    }
    #expect(made == ["sync .", "sync a", "sync a/b/.c.txt.writing", "rename a/b/.c.txt.writing a/b/c.txt", "sync a/b"])
  }

  @Test func theTokensOfACorpusAreOnTheDiskBeforeTheyAreFoundAgain() throws {
    let made = try calls { folder in
      let tokenizer = try CorpusTokenizer(
        configuration: TokenizerConfiguration(), vocabulary: .built(VocabularyOptions()), threads: 1,
        cacheFolder: folder["cache"])
      _ = try tokenizer.tokenize([.text("吾輩は猫である。")])
    }
    let renamed = try #require(made.firstIndex { $0.hasPrefix("rename cache/") && $0.hasSuffix(".tokens") })
    let source = made[renamed].split(separator: " ")[1]
    #expect(made[..<renamed].contains("sync \(source)"), "\(made)")
  }

  /// Each checkpoint: log, weights, good state, the checkpoint itself, then the index that names it.
  @Test func aCheckpointComesBehindAllThatItSpeaksOf() throws {
    let sample = TrainerTests()
    var options = sample.options
    (options.checkpointInterval, options.reportInterval) = (.steps(8), 1)
    let made = try calls { folder in
      let path = URL(fileURLWithPath: folder.path).resolvingSymlinksInPath().path + "/run"
      var destination = try sample.destination()
      destination.folder = ModelFolder(path)
      let trainer = try Trainer(
        text: sample.text, model: sample.model, configuration: options, destination: destination)
      _ = try trainer.run()
      trainer.close()
    }
    var saved = 0
    var before = 0
    for (index, call) in made.enumerated() where call.hasPrefix("rename ") {
      let names = call.split(separator: " ")
      #expect(made[index - 1] == "sync \(names[1])", "\(call) behind \(made[index - 1])")
      let parent = names[2].split(separator: "/").dropLast().joined(separator: "/")
      #expect(made[index + 1] == "sync \(parent)", "\(call) before \(made[index + 1])")
      guard names[2].hasPrefix("run/training/checkpoint-") else { continue }
      // The index that names it comes next.
      #expect(made[(index + 1)...].first { $0.hasPrefix("rename ") }?.hasSuffix("run/training/index.json") == true)
      if !names[2].hasSuffix("checkpoint-0.safetensors") {
        saved += 1
        let renamed = Set(
          made[..<index].filter { $0.hasPrefix("rename ") }.compactMap { $0.split(separator: " ").last })
        for name in ["model.safetensors", "config.json", "training/good-0.safetensors"] {
          #expect(renamed.contains("run/\(name)"), "\(name) comes behind \(call)")
        }
        #expect(made[before..<index].contains("sync run/log.jsonl"), "\(made[before...index])")
      }
      before = index
    }
    #expect(saved >= 4, "\(made)")
  }
}
