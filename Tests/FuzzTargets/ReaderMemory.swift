import Foundation
import TsuzuriArchive
import TsuzuriData
import TsuzuriExchange
import TsuzuriModel
import TsuzuriModelFolder
import TsuzuriNGram
import TsuzuriText
import TsuzuriTraining

/// How much memory a reader takes for a file: measured in a process of its own, since a process only tells its highest
/// mark.
package enum ReaderMemory {
  /// Readers by name; each takes a path, and may refuse the file.
  package static let readers: [(name: String, read: @Sendable (String) throws -> Void)] = [
    ("vocabulary", { _ = try Vocabulary(contentsOf: $0) }), ("token-list", { _ = try TokenList(contentsOf: $0) }),
    ("safetensors", { _ = try SafetensorsFile(path: $0) }),
    ("configuration", { _ = try ModelFolder(($0 as NSString).deletingLastPathComponent).readDescription() }),
    (
      "pytorch",
      {
        let tokens = ($0 as NSString).deletingLastPathComponent + "/tokens.txt"
        _ = try PyTorchImport(weightsAt: $0, tokens: TokenList(contentsOf: tokens), kind: .closed)
      }
    ),
    ("model", { _ = try ModelFolder(($0 as NSString).deletingLastPathComponent).load() }),
    ("ngram", { _ = try ModelFolder(($0 as NSString).deletingLastPathComponent).loadNGram() }),
    ("token-file", { _ = try TokenFile(path: $0) }),
    (
      "statistics",
      {
        let folder = ModelFolder(($0 as NSString).deletingLastPathComponent)
        _ = try GradientStatistics(contentsOf: $0, configuration: folder.readDescription().architecture)
      }
    ),
    ("checkpoint", { _ = try CheckpointFolder(($0 as NSString).deletingLastPathComponent).loadNewest() }),
  ]

  /// Trains for a step a model whose weights are 16 MB, and its checkpoint 48 MB.
  package static func train(in folder: String) throws {
    try OneStep.train(hiddenSize: 1000, in: folder)
  }

  /// Writes the token file of some million tokens.
  package static func writeTokens(_ count: Int, to path: String) throws {
    let writer = try TokenFileWriter(path: path, vocabularyCount: 70_000)
    for id in 0..<count { try writer.append(Int32(id % 70_000)) }
    var header = TokenFileHeader()
    header.vocabularyCount = 70_000
    try writer.finish(header)
  }

  /// The bytes by which the process grew at most while the file was read.
  package static func growth(reading path: String, by read: (String) throws -> Void) -> Int {
    let before = highestMark()
    do { try read(path) } catch { print("refused: \("\(error)".prefix(200))") }
    return highestMark() - before
  }

  private static func highestMark() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
    guard let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) else {
      preconditionFailure("/proc/self/status does not tell the highest mark of memory")
    }
    return kilobytes * 1024
  }
}
