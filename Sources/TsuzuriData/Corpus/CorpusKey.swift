import Foundation
import TsuzuriArchive
import TsuzuriText

/// What the tokens of a corpus depend on, written out: its fingerprint names the file in the cache.
///
/// A file counts as the same where its path, its size and its two times are: when its content was changed, which
/// programs can set, and when anything about it was, which only the system sets. So nothing need be read to find the
/// tokens again, and no content is changed unnoticed unless the machine's clock is. Text in memory counts by its content, and
/// so does what comes through a pipe, whose times are those of its writing.
struct CorpusKey {
  /// Raised whenever the same text would give other tokens.
  private static let formatVersion = 1

  /// The files as they were when the key was made.
  private let files: [(path: String, state: String)]
  private let text: String
  /// Which of the sources are streams, standard input or pipes, that can be read once and are known by their content alone:
  /// where there are some, the key is whole only when they were read.
  let streams: Set<Int>
  /// The bytes of all files together, where that is about the bytes of text in them.
  let totalBytes: Int?

  init(
    sources: [TextSource], configuration: TokenizerConfiguration, vocabulary: VocabularySource, fraction: Double
  ) throws {
    var lines = [
      "tsuzuri tokens \(Self.formatVersion)", "icu \(ICUVersion.current)",
      "level \(configuration.level.rawValue)", "locale \(configuration.segmentation.locale)",
      "encoding \(configuration.text.encoding)", "lossy \(configuration.text.isLossy)",
      "normalization \(configuration.text.normalization.rawValue)", "ruby \(configuration.text.stripsRuby)",
      "validation \(fraction)",
    ]
    switch vocabulary {
    case .given(let vocabulary): lines.append("vocabulary \(vocabulary.fingerprint)")
    case .built(let options):
      lines.append("vocabulary of \(options.size.map(String.init) ?? "any") from \(options.minimumCount)")
    }
    var files: [(path: String, state: String)] = []
    var streams: Set<Int> = []
    var total: Int? = 0
    for (index, source) in sources.enumerated() {
      switch source {
      case .file(let path):
        guard let (state, size) = try Self.state(of: path) else {
          streams.insert(index)
          total = nil
          lines.append("standard input")
          continue
        }
        let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
        files.append((path, state))
        lines.append("file \(absolute) \(state)")
        total = path.hasSuffix(".gz") ? nil : total.map { $0 + size }
      case .standardInput:
        streams.insert(index)
        total = nil
        lines.append("standard input")
      case .text(let text):
        lines.append("text \(Fingerprint(of: text.utf8))")
        total = total.map { $0 + text.utf8.count }
      case .bytes(let bytes, _):
        lines.append("bytes \(Fingerprint(of: bytes))")
        total = total.map { $0 + bytes.count }
      }
    }
    self.files = files
    self.streams = streams
    totalBytes = total
    text = lines.joined(separator: "\n")
  }

  /// The fingerprint; `streamed` is that of what came through streams.
  func fingerprint(streamed: Fingerprint?) -> Fingerprint {
    var builder = FingerprintBuilder()
    builder.update(text)
    if let streamed { builder.update("\nstandard input \(streamed)") }
    return builder.fingerprint
  }

  /// Checks that no file changed since the key was made.
  func checkFilesAreUnchanged() throws {
    for file in files where try Self.state(of: file.path)?.text != file.state {
      throw CorpusError.changedWhileRead(path: file.path)
    }
  }

  /// Nil for what is no regular file.
  private static func state(of path: String) throws -> (text: String, size: Int)? {
    var information = stat()
    guard stat(path, &information) == 0 else {
      if errno == ENOENT { throw TextError.notFound(path: path) }
      throw TextError.unreadable(path: path, reason: SystemError.last.reason)
    }
    guard information.st_mode & S_IFMT == S_IFREG else { return nil }
    let size = Int(information.st_size)
    let times = [information.st_mtim, information.st_ctim].map { "\($0.tv_sec).\($0.tv_nsec)" }
    return ("\(size) \(times.joined(separator: " "))", size)
  }
}
