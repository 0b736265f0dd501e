internal import Foundation
internal import TsuzuriArchive

/// The folder `training/`: the last two checkpoints, the state that each could go back to, and an index of them.
///
/// A checkpoint is written whole under a name that is not in use, then the index is replaced, then what it no longer names
/// is removed: at any moment the index names files that are complete.
package struct CheckpointFolder: Sendable {
  /// The folder's path.
  package let path: String

  package init(_ path: String) { self.path = path }

  private var indexPath: String { path + "/index.json" }

  /// What `index.json` holds. With no generation in it a run is about to begin: nothing of it was saved yet.
  struct Index: Codable {
    struct Generation: Codable {
      var checkpoint: StoredCheckpoint
      /// What the run goes back to if it diverges after this checkpoint.
      var good: StoredCheckpoint?
    }
    /// A checksum of the file itself.
    var checksum: String? = SealedJSON.placeholder
    /// The newest first.
    var generations: [Generation]

    init(generations: [Generation]) { self.generations = generations }

    var files: Set<String> { Set(generations.flatMap { [$0.checkpoint.file, $0.good?.file].compactMap { $0 } }) }
  }

  /// What was saved last.
  package struct Newest {
    package var checkpoint: Checkpoint
    /// What the run goes back to if it diverges.
    package var good: StoredCheckpoint?
  }

  /// How many checkpoints are kept.
  private static let generationsKept = 2

  // MARK: - Saving

  /// Gives up what was saved: from here on a new run begins, of which there is nothing yet.
  package func begin() throws {
    try write(Index(generations: []))
    try removeAll(but: [])
  }

  /// Saves a checkpoint and forgets the oldest.
  ///
  /// - Parameter good: what the run goes back to if it diverges; it was written before.
  package func save(_ checkpoint: Checkpoint, good: StoredCheckpoint? = nil) throws {
    let older = try readableIndex() ?? Index(generations: [])
    let stored = try write(checkpoint, called: "checkpoint", unlike: older.files)
    let kept = older.generations.prefix(Self.generationsKept - 1)
    let index = Index(generations: [.init(checkpoint: stored, good: good)] + kept)
    try write(index)
    try removeAll(but: index.files)
  }

  /// Writes a state that the run can go back to. It is kept once a checkpoint is saved with it.
  package func write(good checkpoint: Checkpoint) throws -> StoredCheckpoint {
    try write(checkpoint, called: "good", unlike: readableIndex()?.files ?? [])
  }

  /// Removes what no index names: what a crash left behind, a half-written file included.
  package func removeLeftovers() throws {
    guard let index = try readableIndex() else { return }
    try removeAll(but: index.files)
  }

  private func write(_ checkpoint: Checkpoint, called kind: String, unlike taken: Set<String>) throws
    -> StoredCheckpoint
  {
    let step = checkpoint.header.progress.step
    // A second checkpoint of one step (the run's end, say) must not be written over a file that the index names; and the
    // later one has the higher number, which tells them apart where the index is lost.
    let number = (taken.compactMap { Self.number(of: $0, startingWith: "\(kind)-\(step)") }.max() ?? 0) + 1
    let file = "\(kind)-\(step)\(number == 1 ? "" : "-\(number)").safetensors"
    let checksum = try CheckpointFile.write(checkpoint, to: path + "/" + file)
    return StoredCheckpoint(file: file, step: step, checksum: checksum)
  }

  private func write(_ index: Index) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    // Sorted, the index's own checksum stands before those of its files, as sealing asks for.
    var content = [UInt8](try encoder.encode(index)) + [0x0A]
    SealedJSON.seal(&content)
    try AtomicFile.replace(indexPath, with: content, followingLinks: false)
  }

  private func removeAll(but kept: Set<String>) throws {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where !kept.contains(name) {
      // A name such as `.checkpoint-8.safetensors.writing` is that of a file that never became whole.
      guard Self.isCheckpoint(name) || Self.isHalfWritten(name) else { continue }
      _ = FaultPoint.remove.failure()
      unlink(path + "/" + name)
    }
  }

  /// Which of the checkpoints of one step `name` is, from 1; nil where it is none of them.
  private static func number(of name: String, startingWith start: String) -> Int? {
    guard isCheckpoint(name), name.hasPrefix(start) else { return nil }
    let rest = name.dropFirst(start.count).dropLast(".safetensors".count)
    if rest.isEmpty { return 1 }
    // A number that no run comes to is none of ours, and has no next one.
    return rest.first == "-" ? Int(rest.dropFirst()).flatMap { $0 < 1_000_000_000 ? $0 : nil } : nil
  }

  /// Whether `name` is that of a checkpoint, and does not lead out of the folder.
  static func isCheckpoint(_ name: String) -> Bool {
    name.wholeMatch(of: #/(checkpoint|good)-[0-9]+(-[0-9]+)?\.safetensors/#) != nil
  }

  private static func isHalfWritten(_ name: String) -> Bool {
    name.hasPrefix(".") && name.hasSuffix(".writing") && isCheckpoint(String(name.dropFirst().dropLast(8)))
  }

  // MARK: - Reading

  /// The newest checkpoint that is whole; nil where none was saved yet.
  ///
  /// - Parameters:
  ///   - mends: whether the index is to name no more what was passed over; without that nothing is written.
  ///   - onDamage: is told of each that was passed over, and why.
  /// - Throws: ``TrainingError/damagedCheckpoint(folder:reason:)`` where there are some, but none is whole.
  package func loadNewest(mends: Bool = true, onDamage: (String) -> Void = { _ in }) throws -> Newest? {
    var index = Index(generations: [])
    var reasons: [String] = []
    func passOver(_ file: String, _ reason: String) {
      reasons.append("\(file): \(reason)")
      onDamage("\(path)/\(file) is passed over: \(reason)")
    }
    if try FileContents.exists(indexPath) {
      do {
        index = try readIndex()
        if index.generations.isEmpty { return nil }
      } catch is DecodingError {
        passOver("index.json", "it cannot be understood")
      } catch let damage as CheckpointDamage {
        passOver("index.json", damage.description)
      } catch ArchiveError.tooLarge(_, let bytes, let limit) {
        passOver("index.json", "it has \(bytes) bytes, and at most \(limit) were expected")
      }
    }
    for (place, generation) in index.generations.enumerated() {
      let checkpoint: Checkpoint
      do {
        checkpoint = try load(generation.checkpoint)
      } catch {
        let stored = generation.checkpoint
        let file = stored.hasPlainName ? stored.file : stored.file.shown
        if let error = error as? ArchiveError, error.mayPass { throw error }
        passOver(file, "\(error)")
        continue
      }
      // What was passed over must not be kept in place of a whole one when the next is saved.
      if mends, place > 0 { try write(Index(generations: Array(index.generations[place...]))) }
      return Newest(checkpoint: checkpoint, good: generation.good)
    }
    let found = try recovered(beside: index, onDamage: passOver)
    if let first = found.first {
      let checkpoint = try load(first.checkpoint)
      onDamage("\(path)/\(first.checkpoint.file) is whole, and is taken though index.json does not tell of it")
      if mends { try write(Index(generations: Array(found.prefix(Self.generationsKept)))) }
      return Newest(checkpoint: checkpoint, good: first.good)
    }
    if reasons.isEmpty { return nil }
    throw TrainingError.damagedCheckpoint(folder: path, reason: reasons.joined(separator: "; "))
  }

  /// Whether a run is about to begin here, of which nothing was saved yet.
  package var isBegun: Bool { get throws { try readableIndex()?.generations.isEmpty == true } }

  /// Reads a checkpoint whose checksum must hold.
  package func load(_ stored: StoredCheckpoint) throws -> Checkpoint {
    guard stored.hasPlainName else { throw CheckpointDamage("its name in index.json is not that of a checkpoint") }
    return try CheckpointFile.read(path + "/" + stored.file, checksum: stored.checksum)
  }

  /// The states that the run could go back to after one of the kept checkpoints, those of the newest first.
  package func goodStates() throws -> [StoredCheckpoint] {
    try readableIndex()?.generations.compactMap(\.good) ?? []
  }

  /// The largest index that is read, in bytes; a real one has some hundred.
  private static let largestIndex = 1 << 16

  /// The index, or nil where there is none that can be understood.
  ///
  /// - Throws: where the reason may pass, such as too many open files: what it names is not given up for that.
  private func readableIndex() throws -> Index? {
    do {
      return try readIndex()
    } catch let error as ArchiveError where error.mayPass {
      throw error
    } catch {
      return nil
    }
  }

  private func readIndex() throws -> Index {
    let content = try FileContents.read(indexPath, limit: Self.largestIndex)
    if let length = SealedJSON.longString(in: content) {
      throw CheckpointDamage("it holds a text of \(length) bytes")
    }
    let index = try JSONDecoder().decode(Index.self, from: Data(content))
    guard index.checksum != nil else { throw CheckpointDamage("it carries no checksum") }
    guard SealedJSON.check(content) == .whole else {
      throw CheckpointDamage("its content is not what its checksum says")
    }
    return index
  }
}
