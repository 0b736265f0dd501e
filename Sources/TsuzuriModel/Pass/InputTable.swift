internal import TsuzuriKernels

/// The products W_ih·x of the first layer for each token id, made when an id first comes and kept: what a model that is
/// only used does in place of multiplying.
///
/// - Shape: [V, rows of W_ih]; the memory of ids that never come is never touched.
final class InputTable {
  private let columns: Int
  private let embeddingSize: Int
  private let embedding: ParameterLayout.Slice
  private let packed: PackedMatrix
  private let arithmetic: Arithmetic
  private let table: UnsafeMutablePointer<Float>
  private var isKnown: [Bool]
  /// The embeddings of ids that are new in a window, and which they are.
  private let rows: FloatBuffer
  private var new: [Int] = []

  /// Beyond this a table would take more memory than it is worth.
  private static let largestByteCount = 1 << 28

  /// A table that is empty; nil where it would become too large.
  init?(_ weights: PreparedWeights, stack: Int, maximumRows: Int, arithmetic: Arithmetic) {
    let configuration = weights.configuration
    guard let packed = weights.stacks[stack][0].input.first else { return nil }
    let V = configuration.vocabularySize
    guard V * packed.columns * MemoryLayout<Float>.stride <= Self.largestByteCount else { return nil }
    columns = packed.columns
    embeddingSize = configuration.embeddingSize
    embedding = weights.layout[ParameterName.embedding]
    self.packed = packed
    self.arithmetic = arithmetic
    table = .allocate(capacity: V * packed.columns)
    isKnown = [Bool](repeating: false, count: V)
    rows = FloatBuffer(count: maximumRows * configuration.embeddingSize)
    new.reserveCapacity(maximumRows)
  }

  deinit { table.deallocate() }

  /// Fills `sums` [count, rows of W_ih] with the products of the ids.
  func lookUp(
    _ ids: UnsafePointer<Int32>, count: Int, parameters: UnsafePointer<Float>, sums: UnsafeMutablePointer<Float>
  ) {
    let E = embeddingSize
    new.removeAll(keepingCapacity: true)
    for row in 0..<count {
      let id = Int(ids[row])
      if isKnown[id] { continue }
      isKnown[id] = true
      (rows.pointer + new.count * E).update(from: parameters + embedding.offset + id * E, count: E)
      new.append(id)
    }
    if !new.isEmpty {
      // They are no more than the window's rows, so `sums` has room for them.
      packed.multiply(rows.pointer, into: sums, rows: new.count, using: arithmetic)
      for (n, id) in new.enumerated() { (table + id * columns).update(from: sums + n * columns, count: columns) }
    }
    for row in 0..<count { (sums + row * columns).update(from: table + Int(ids[row]) * columns, count: columns) }
  }
}
