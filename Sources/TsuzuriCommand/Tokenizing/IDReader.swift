import Foundation
import Tsuzuri
import TsuzuriArchive

/// Reads ids: whole numbers with blanks, commas or line ends between them.
enum IDReader {
  /// The ids of all files, one after the other.
  static func ids(in files: [String]) throws -> [Int32] {
    var ids: [Int32] = []
    for source in try CorpusListing.sources(at: files) {
      let data: Data?
      if case .file(let path) = source {
        data = FileManager.default.contents(atPath: path)
      } else {
        data = FileHandle.standardInput.readDataToEndOfFile()
      }
      guard let data else { throw TextError.unreadable(path: source.name, reason: "the system does not say why") }
      for word in data.split(whereSeparator: { $0 == 0x20 || $0 == 0x2C || (9...13).contains($0) }) {
        let text = String(decoding: word, as: UTF8.self)
        guard let id = Int32(text) else {
          throw CommandError.notAnID(name: source.name, found: text.shownPlain)
        }
        ids.append(id)
      }
    }
    return ids
  }
}
