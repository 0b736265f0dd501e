import Foundation
import TsuzuriArchive
import TsuzuriExchange
import TsuzuriModelFolder
import TsuzuriText

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
  ]

  /// The bytes by which the process grew at most while the file was read.
  package static func growth(reading path: String, by read: (String) throws -> Void) -> Int {
    let before = highestMark()
    do { try read(path) } catch { print("refused: \("\(error)".prefix(200))") }
    return highestMark() - before
  }

  private static func highestMark() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
    return (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
  }
}
