internal import TsuzuriArchive
internal import TsuzuriKernels

/// 8-bit weights in a file: a matrix [rows, columns] of I8 under its own name, and its rows' scales [rows] under the name
/// with `.scale` behind it. Vectors stand there as floats. The file's metadata says `quantization: int8`.
extension ParameterLayout {
  /// Reads a model of 8-bit weights: the flat buffer holds the numbers that they stand for.
  func readQuantizedParameters(
    from file: SafetensorsFile, path: String
  ) throws -> (parameters: FloatBuffer, weights: QuantizedWeights) {
    let quantized = Set(QuantizedWeights.slices(of: self).map(\.name))
    // The shapes are checked against the file before anything of their size is allocated.
    for slice in slices {
      let found = try file.tensor(slice.name)
      guard found.shape == slice.shape else {
        throw ArchiveError.shapeMismatch(path: path, name: slice.name, expected: slice.shape, found: found.shape)
      }
      guard quantized.contains(slice.name) else { continue }
      let scales = try file.tensor(slice.name + ".scale")
      guard scales.shape == [slice.shape[0]] else {
        throw ArchiveError.shapeMismatch(
          path: path, name: slice.name + ".scale", expected: [slice.shape[0]], found: scales.shape)
      }
    }
    try file.verify()
    let buffer = FloatBuffer(count: bufferCount)
    var matrices: [String: QuantizedMatrix] = [:]
    for slice in slices {
      if quantized.contains(slice.name) {
        let matrix = QuantizedMatrix(rows: slice.shape[0], columns: slice.shape[1])
        try file.copyBytes(
          of: slice.name, type: .int8, shape: slice.shape, to: UnsafeMutableRawBufferPointer(matrix.values.all))
        try file.copyFloats(of: slice.name + ".scale", shape: [slice.shape[0]], to: matrix.scales.all)
        matrices[slice.name] = matrix
        // A weight is a scale times −128 at most.
        if !matrix.scales.all.allSatisfy({ ($0 * 128).isFinite }) {
          throw ModelError.nonFiniteWeights(file: path, name: slice.name + ".scale")
        }
      } else {
        let values = UnsafeMutableBufferPointer(start: buffer.pointer + slice.offset, count: slice.count)
        try file.copyFloats(of: slice.name, shape: slice.shape, to: values)
        if !values.allSatisfy(\.isFinite) { throw ModelError.nonFiniteWeights(file: path, name: slice.name) }
      }
    }
    let weights = QuantizedWeights(matrices)
    weights.write(to: buffer.pointer, layout: self)
    return (buffer, weights)
  }

  /// Adds a model of 8-bit weights to a writer. Neither may change until the file is written.
  func add(_ parameters: FloatBuffer, _ weights: QuantizedWeights, to writer: inout SafetensorsWriter) {
    for slice in slices {
      if let matrix = weights.matrices[slice.name] {
        writer.add(slice.name, type: .int8, shape: slice.shape) { sink in
          try sink(UnsafeRawBufferPointer(matrix.values.all))
        }
        writer.add(slice.name + ".scale", shape: [matrix.rows], floats: UnsafeBufferPointer(matrix.scales.all))
      } else {
        writer.add(
          slice.name, shape: slice.shape,
          floats: UnsafeBufferPointer(start: parameters.pointer + slice.offset, count: slice.count))
      }
    }
  }
}
