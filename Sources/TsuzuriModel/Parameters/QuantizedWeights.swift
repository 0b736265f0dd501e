package import TsuzuriKernels

/// A model's matrices as 8-bit integers with a scale for each row; vectors stay as they are.
///
/// A weight is off by at most half a step, 1/254 of its row's largest one. What a token reads shrinks to a quarter, and
/// with it the time, since writing is bound by memory.
package struct QuantizedWeights: Sendable {
  /// The matrices by their tensors' names.
  package let matrices: [String: QuantizedMatrix]

  /// Takes matrices that were read.
  package init(_ matrices: [String: QuantizedMatrix]) { self.matrices = matrices }

  /// The nearest 8-bit weights of a model.
  package init(_ parameters: UnsafePointer<Float>, layout: ParameterLayout) {
    var matrices: [String: QuantizedMatrix] = [:]
    for slice in Self.slices(of: layout) {
      matrices[slice.name] = QuantizedMatrix(
        parameters + slice.offset, rows: slice.shape[0], columns: slice.shape[1])
    }
    self.matrices = matrices
  }

  /// The tensors that are quantised: all matrices.
  package static func slices(of layout: ParameterLayout) -> [ParameterLayout.Slice] {
    layout.slices.filter { $0.shape.count == 2 }
  }

  /// Puts the weights as numbers into a flat buffer.
  package func write(to parameters: UnsafeMutablePointer<Float>, layout: ParameterLayout) {
    for slice in Self.slices(of: layout) { matrices[slice.name]?.write(to: parameters + slice.offset) }
  }
}
