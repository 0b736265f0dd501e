internal import Foundation
internal import TsuzuriArchive
internal import TsuzuriKernels
internal import TsuzuriModel

/// One checkpoint as a file: a safetensors file like any other, so that other tools can look into it.
enum CheckpointFile {
  /// Writes a checkpoint; returns the file's checksum.
  static func write(_ checkpoint: Checkpoint, to path: String) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    // A step that was not taken leaves a norm that JSON has no number for.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let header = String(decoding: try encoder.encode(checkpoint.header), as: UTF8.self)
    let layout = ParameterLayout(checkpoint.header.model)
    var writer = SafetensorsWriter(metadata: ["format": "pt", "tsuzuri_checkpoint": header], hasChecksum: true)
    layout.add(checkpoint.parameters, to: &writer, prefix: "parameters.")
    for (name, buffer) in zip(checkpoint.header.optimizerBuffers, checkpoint.optimizerState) {
      writer.add("optimizer.\(name)", shape: [buffer.count], floats: UnsafeBufferPointer(buffer.all))
    }
    writer.add("state", shape: checkpoint.state.shape, floats: checkpoint.state.values)
    return try withExtendedLifetime(checkpoint) {
      String(try writer.writeWithChecksum(to: path, followingLinks: false), radix: 16)
    }
  }

  /// Reads a checkpoint, with every size checked before anything of that size is allocated.
  static func read(_ path: String, checksum: String) throws -> Checkpoint {
    guard String(try Checksum.ofFile(at: path), radix: 16) == checksum else {
      throw CheckpointDamage("its checksum is not the one in index.json")
    }
    let archive = try SafetensorsFile(path: path)
    guard let json = archive.metadata["tsuzuri_checkpoint"],
      let header = try? decoder.decode(Checkpoint.Header.self, from: Data(json.utf8)),
      header.formatVersion == Checkpoint.currentFormatVersion
    else { throw CheckpointDamage("its header is not that of a checkpoint of this version") }
    try header.model.validate()
    try header.training.validate()
    let names = header.training.optimizer.makeOptimizer(parameterCount: 0).stateBuffers.map(\.name)
    guard header.optimizerBuffers == names, header.progress.isPossible, (0..<1 << 60) ~= header.optimizerSteps
    else { throw CheckpointDamage("its header holds numbers that no run has") }
    let layout = ParameterLayout(header.model)
    let parameters = try layout.readParameters(from: archive, path: path, prefix: "parameters.")
    let shape = [header.training.batchSize, RecurrentState(header.model, lanes: 1).values.count]
    guard try archive.tensor("state").shape == shape else {
      throw CheckpointDamage("its state has another shape than its header says")
    }
    var state = RecurrentState(header.model, lanes: header.training.batchSize)
    state.values = try archive.floats(of: "state", shape: shape)
    let buffers = try header.optimizerBuffers.map { name in
      let shape = [layout.bufferCount]
      guard try archive.tensor("optimizer.\(name)").shape == shape else {
        throw CheckpointDamage("the optimizer's \(name) has another size than the model")
      }
      let buffer = FloatBuffer(count: layout.bufferCount)
      try archive.copyFloats(of: "optimizer.\(name)", shape: shape, to: buffer.all)
      return buffer
    }
    return Checkpoint(header: header, parameters: parameters, optimizerState: buffers, state: state)
  }

  /// How an index would name the file, by the checksum that it carries itself.
  ///
  /// - Throws: where it carries none, or another than its content's.
  static func vouched(_ path: String, called name: String) throws -> StoredCheckpoint {
    let archive = try SafetensorsFile(path: path)
    guard let json = archive.metadata["tsuzuri_checkpoint"], archive.isSealed else {
      throw CheckpointDamage("its header is not that of a checkpoint of this version")
    }
    try archive.verify()
    let header = try decoder.decode(Checkpoint.Header.self, from: Data(json.utf8))
    return StoredCheckpoint(
      file: name, step: header.progress.step, checksum: String(try Checksum.ofFile(at: path), radix: 16))
  }

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }
}

/// Why a checkpoint cannot be used.
struct CheckpointDamage: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

extension RecurrentState {
  /// Its place in the file tells the lanes and how much each of them carries.
  fileprivate var shape: [Int] { [lanes, widths.reduce(0, +)] }
}
