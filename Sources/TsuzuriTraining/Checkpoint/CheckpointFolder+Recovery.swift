internal import Foundation
internal import TsuzuriArchive

/// Going on without an index: a checkpoint carries a checksum of its own content, so it can vouch for itself.
extension CheckpointFolder {
  /// The checkpoints that can be read though the index does not tell of them as they are, the newest first, each with the
  /// last good state before it.
  ///
  /// - Parameter onDamage: is told of each that the index does not name and that cannot be read, and why.
  /// - Throws: where the reason may pass, such as too many open files.
  /// - Complexity: O(bytes of all checkpoints); asked for only where nothing that the index names can be used.
  func recovered(beside index: Index, onDamage: (String, String) -> Void) throws -> [Index.Generation] {
    let listed = Set(index.generations.map(\.checkpoint))
    let checkpoints = try readable("checkpoint") { name, reason in
      if !index.files.contains(name) { onDamage(name, reason) }
    }
    let unlisted = checkpoints.filter { !listed.contains($0) }
    let good = unlisted.isEmpty ? [] : try readable("good")
    return unlisted.map { checkpoint in
      .init(checkpoint: checkpoint, good: good.first { $0.step <= checkpoint.step })
    }
  }

  /// The files of a kind, `checkpoint` or `good`, that are whole by their own checksums, the newest first.
  private func readable(_ kind: String, onDamage: (String, String) -> Void = { _, _ in }) throws -> [StoredCheckpoint] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    var found: [(stored: StoredCheckpoint, progress: TrainingProgress)] = []
    for name in names.sorted() where Self.isCheckpoint(name) && name.hasPrefix(kind + "-") {
      do {
        let stored = try CheckpointFile.vouched(path + "/" + name, called: name)
        found.append((stored, try load(stored).header.progress))
      } catch let error as ArchiveError where error.mayPass {
        throw error
      } catch {
        onDamage(name, "\(error)")
      }
    }
    // A run that has gone back, or given up, stands at an earlier step than what it left behind. Of two of one step the
    // later one has a number behind it, and the longer name.
    func age(_ one: (stored: StoredCheckpoint, progress: TrainingProgress)) -> (Int, Int, Int, Int, String) {
      let (stored, progress) = one
      return (
        progress.setbacks, progress.divergence == nil ? 0 : 1, stored.step, stored.file.utf8.count, stored.file
      )
    }
    return found.sorted { age($0) > age($1) }.map(\.stored)
  }
}
