internal import Foundation

/// Going on without an index: a checkpoint carries a checksum of its own content, so it can vouch for itself.
extension CheckpointFolder {
  /// The checkpoints in the folder that are whole by their own checksums and that the index does not tell of as they are,
  /// the newest first.
  ///
  /// - Complexity: O(bytes of all checkpoints); asked for only where nothing that the index names can be used.
  func unlisted(by index: Index) -> [StoredCheckpoint] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let listed = Set(index.generations.map(\.checkpoint))
    let found = names.filter { Self.isCheckpoint($0) && $0.hasPrefix("checkpoint-") }.compactMap { name in
      try? CheckpointFile.vouched(path + "/" + name, called: name)
    }
    // Of two of one step the later one has a number behind it, and the longer name.
    return found.filter { !listed.contains($0) }
      .sorted { ($0.step, $0.file.utf8.count, $0.file) > ($1.step, $1.file.utf8.count, $1.file) }
  }
}
