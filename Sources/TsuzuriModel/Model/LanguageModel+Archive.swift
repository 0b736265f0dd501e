internal import CKernels
internal import Synchronization
package import TsuzuriArchive
package import TsuzuriKernels

extension LanguageModel {
  /// Reads the weights of a model of that configuration from a safetensors file.
  ///
  /// - Throws: ``ModelError`` for an impossible configuration or weights that are not finite, `ArchiveError` for a file
  ///   that is damaged or holds other tensors.
  public convenience init(weightsAt path: String, configuration: ModelConfiguration) throws {
    try configuration.validate()
    let layout = ParameterLayout(configuration)
    let file = try SafetensorsFile(path: path)
    guard file.metadata["quantization"]?.utf8.elementsEqual("int8".utf8) == true else {
      let parameters = try layout.readParameters(from: file, path: path)
      self.init(configuration, layout: layout, parameters: parameters)
      return
    }
    let (parameters, weights) = try layout.readQuantizedParameters(from: file, path: path)
    self.init(configuration, layout: layout, parameters: parameters, quantizedWeights: weights)
  }

  /// Writes the weights as a safetensors file with PyTorch's names and layouts.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - followingLinks: whether what a link leads to is replaced, and not the link.
  /// - Throws: `ArchiveError.unwritable`; what stood at `path` before is then unchanged.
  public func writeWeights(to path: String, followingLinks: Bool = true) throws {
    guard let quantizedWeights else {
      try layout.writer(for: parameters, metadata: configuration.archiveMetadata)
        .write(to: path, followingLinks: followingLinks)
      return
    }
    var writer = SafetensorsWriter(
      metadata: configuration.archiveMetadata.merging(["quantization": "int8"]) { $1 }, hasChecksum: true)
    layout.add(parameters, quantizedWeights, to: &writer)
    try writer.write(to: path, followingLinks: followingLinks)
  }
}

extension ParameterLayout {
  /// Reads a flat buffer: each tensor by its name, with its shape checked and its values finite.
  package func readParameters(from file: SafetensorsFile, path: String, prefix: String = "") throws -> FloatBuffer {
    // The shapes are checked against the file before anything of their size is allocated.
    for slice in slices {
      let found = try file.tensor(prefix + slice.name)
      guard found.shape == slice.shape else {
        throw ArchiveError.shapeMismatch(
          path: path, name: prefix + slice.name, expected: slice.shape, found: found.shape)
      }
    }
    let buffer = FloatBuffer(count: bufferCount)
    // The first tensor that is wrong is the one that is told of, whichever thread finds it.
    let errors = Mutex<[Int: any Error]>([:])
    // The checksum takes one thread about as long as copying takes the others.
    WorkerPool.runOnce(tasks: 1 + slices.count, bytes: 4 * bufferCount) { task in
      let index = task - 1
      if index < 0 {
        do { try file.verify() } catch { errors.withLock { $0[index] = error } }
        return
      }
      let slice = slices[index]
      let values = UnsafeMutableBufferPointer(start: buffer.pointer + slice.offset, count: slice.count)
      do {
        try file.copyFloats(of: prefix + slice.name, shape: slice.shape, to: values)
        var largest: Float = 0
        if KernelSet.best.table.pointee.largest(slice.count, buffer.pointer + slice.offset, &largest) == 0 {
          throw ModelError.nonFiniteWeights(file: path, name: slice.name)
        }
      } catch {
        errors.withLock { $0[index] = error }
      }
    }
    if let first = errors.withLock({ $0.min { $0.key < $1.key } }) { throw first.value }
    return buffer
  }

  /// A writer of a flat buffer's tensors. The buffer must not change until the file is written.
  package func writer(
    for buffer: FloatBuffer, metadata: [String: String], prefix: String = ""
  ) -> SafetensorsWriter {
    var writer = SafetensorsWriter(metadata: metadata, hasChecksum: true)
    add(buffer, to: &writer, prefix: prefix)
    return writer
  }

  /// Adds a flat buffer's tensors to a writer.
  package func add(_ buffer: FloatBuffer, to writer: inout SafetensorsWriter, prefix: String = "") {
    for slice in slices {
      writer.add(
        prefix + slice.name, shape: slice.shape,
        floats: UnsafeBufferPointer(start: buffer.pointer + slice.offset, count: slice.count))
    }
  }
}

extension ModelConfiguration {
  /// What a reader of the file alone needs to know of the layout.
  package var archiveMetadata: [String: String] {
    ["format": "pt", "cell": cell.rawValue, "gate_order": cell.gateOrder.joined(separator: ",")]
  }
}
