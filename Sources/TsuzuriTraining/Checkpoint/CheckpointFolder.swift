internal import Foundation
internal import TsuzuriArchive
internal import TsuzuriKernels
internal import TsuzuriModel

/// The folder `training/`: the last two checkpoints, and an index that says which they are.
///
/// A checkpoint is written whole under a name of its own, then the index is replaced, then the oldest is removed: at any
/// moment the index names files that are complete.
package struct CheckpointFolder {
  /// The folder's path.
  package let path: String

  package init(_ path: String) { self.path = path }

  private var indexPath: String { path + "/index.json" }

  private struct Index: Codable {
    struct Generation: Codable {
      var file: String
      var step: Int
      var checksum: String

      /// The index is a file like any other: a name in it must lead to a checkpoint and nowhere else.
      var hasPlainName: Bool {
        file.hasPrefix("checkpoint-") && file.hasSuffix(".safetensors") && !file.contains("/")
      }
    }
    /// The newest first.
    var generations: [Generation]
  }

  /// How many checkpoints are kept.
  private static let generationsKept = 2

  /// Saves a checkpoint and forgets the oldest.
  package func save(_ checkpoint: Checkpoint) throws {
    let older = (try? readIndex())?.generations ?? []
    let step = checkpoint.header.progress.step
    // A second checkpoint of one step (the run's end, say) must not be written over a file that the index names.
    let names = ["checkpoint-\(step).safetensors", "checkpoint-\(step)-again.safetensors"]
    let file = names.first { name in !older.contains { $0.file == name } } ?? "checkpoint-\(step)-last.safetensors"
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    // A step that was not taken leaves a norm that JSON has no number for.
    encoder.nonConformingFloatEncodingStrategy = Self.nonFinite
    let header = String(decoding: try encoder.encode(checkpoint.header), as: UTF8.self)
    let layout = ParameterLayout(checkpoint.header.model)
    var writer = SafetensorsWriter(metadata: ["format": "pt", "tsuzuri_checkpoint": header])
    layout.add(checkpoint.parameters, to: &writer, prefix: "parameters.")
    for (name, values) in zip(checkpoint.header.optimizerBuffers, checkpoint.optimizerState) {
      writer.add("optimizer.\(name)", shape: [values.count], floats: UnsafeBufferPointer(values))
    }
    writer.add("state", shape: checkpoint.state.shape, floats: checkpoint.state.values)
    try writer.write(to: path + "/" + file)
    let checksum = String(try Checksum.ofFile(at: path + "/" + file), radix: 16)
    let generations = [Index.Generation(file: file, step: step, checksum: checksum)] + older.filter { $0.file != file }
    let index = Index(generations: Array(generations.prefix(Self.generationsKept)))
    try write(index)
    for forgotten in generations.dropFirst(Self.generationsKept) where forgotten.hasPlainName {
      try? FileManager.default.removeItem(atPath: path + "/" + forgotten.file)
    }
  }

  /// The newest checkpoint that is whole; nil where none was saved yet.
  ///
  /// - Parameter onDamage: is told of each that was passed over, and why.
  /// - Throws: ``TrainingError/damagedCheckpoint(folder:reason:)`` where there are some, but none is whole.
  package func loadNewest(onDamage: (String) -> Void = { _ in }) throws -> Checkpoint? {
    guard FileManager.default.fileExists(atPath: indexPath) else { return nil }
    guard let index = try? readIndex() else {
      throw TrainingError.damagedCheckpoint(folder: path, reason: "index.json cannot be understood")
    }
    var reasons: [String] = []
    for (place, generation) in index.generations.enumerated() {
      do {
        let checkpoint = try load(generation)
        // What was passed over must not be kept in place of a whole one when the next is saved.
        if place > 0 { try write(Index(generations: Array(index.generations[place...]))) }
        return checkpoint
      } catch {
        reasons.append("\(generation.file): \(error)")
        onDamage("\(path)/\(generation.file) is passed over: \(error)")
      }
    }
    throw TrainingError.damagedCheckpoint(
      folder: path, reason: reasons.isEmpty ? "index.json names no checkpoint" : reasons.joined(separator: "; "))
  }

  /// Removes every checkpoint.
  package func clear() throws {
    let generations = (try? readIndex())?.generations ?? []
    if FileManager.default.fileExists(atPath: indexPath) { try FileManager.default.removeItem(atPath: indexPath) }
    for generation in generations where generation.hasPlainName {
      try? FileManager.default.removeItem(atPath: path + "/" + generation.file)
    }
  }

  private func write(_ index: Index) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try AtomicFile.replace(indexPath, with: [UInt8](encoder.encode(index)) + [0x0A])
  }

  private static let nonFinite = JSONEncoder.NonConformingFloatEncodingStrategy.convertToString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }

  private func readIndex() throws -> Index {
    try JSONDecoder().decode(Index.self, from: Data(contentsOf: URL(fileURLWithPath: indexPath)))
  }

  private func load(_ generation: Index.Generation) throws -> Checkpoint {
    guard generation.hasPlainName else { throw Damage("its name in index.json is not that of a checkpoint") }
    let file = path + "/" + generation.file
    guard String(try Checksum.ofFile(at: file), radix: 16) == generation.checksum else {
      throw Damage("its checksum is not the one in index.json")
    }
    let archive = try SafetensorsFile(path: file)
    guard let json = archive.metadata["tsuzuri_checkpoint"],
      let header = try? Self.decoder.decode(Checkpoint.Header.self, from: Data(json.utf8)), header.formatVersion == 2
    else { throw Damage("its header is not that of a checkpoint of this version") }
    try header.model.validate()
    try header.training.validate()
    let names = header.training.optimizer.makeOptimizer(parameterCount: 0).stateBuffers.map(\.name)
    guard header.optimizerBuffers == names, header.progress.isPossible, (0...Int(Int32.max)) ~= header.optimizerSteps
    else { throw Damage("its header holds numbers that no run has") }
    let layout = ParameterLayout(header.model)
    let parameters = try layout.readParameters(from: archive, path: file, prefix: "parameters.")
    // Compared with the file before anything of its size is allocated.
    let stored = try archive.tensor("state").shape
    guard stored.count == 2, stored[0] == header.training.batchSize else {
      throw Damage("its state has other lanes than its header")
    }
    var state = RecurrentState(header.model, lanes: header.training.batchSize)
    state.values = try archive.floats(of: "state", shape: state.shape)
    let buffers = try header.optimizerBuffers.map { name in
      let shape = [layout.bufferCount]
      guard try archive.tensor("optimizer.\(name)").shape == shape else {
        throw Damage("the optimizer's \(name) has another size than the model")
      }
      let buffer = FloatBuffer(count: layout.bufferCount)
      try archive.copyFloats(of: "optimizer.\(name)", shape: shape, to: buffer.all)
      return buffer
    }
    return Checkpoint(
      header: header, parameters: parameters, optimizerState: buffers.map(\.all), state: state, owner: buffers)
  }

  private struct Damage: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
  }
}

extension RecurrentState {
  /// Its place in the file tells the lanes and how much each of them carries.
  fileprivate var shape: [Int] { [lanes, widths.reduce(0, +)] }
}
