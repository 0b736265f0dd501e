internal import CKernels
internal import TsuzuriKernels

/// The first stage: each token id becomes a row of the embedding matrix, and that row's product with the first layer's
/// input weights.
///
/// With few distinct ids in a window (text as characters) the product is made once for each distinct id and then copied
/// to the places where the id stands; its gradient is gathered the same way. This takes one product of T·B rows away,
/// forward and backward, at the price of one of as many rows as there are ids. With many distinct ids, or with dropout
/// on single elements, whose rows differ, the rows themselves are multiplied. Dropout of whole tokens (``TokenDropout``)
/// scales a distinct id's row.
///
/// - Shape: ids [T, B]; rows [T·B, E]; sums [T·B, rows of W_ih].
final class Embedding {
  /// The embedded window [T·B, E], after dropout. Only filled when it does not go by the look-up.
  let rows: FloatBuffer
  private let embeddingSize: Int
  private let columns: Int
  private let weight: ParameterLayout.Slice
  private let inputWeight: ParameterLayout.Slice
  private let arithmetic: Arithmetic

  /// slots[id] is the id's place among the window's distinct ids, or −1.
  private let slots: IndexBuffer
  private let distinct: IndexBuffer
  /// How many distinct ids the window has, as far as they were counted.
  private(set) var distinctCount = 0
  /// The distinct ids' embeddings [D, E], their products [D, rows of W_ih], and, in training, gradients.
  private let table: FloatBuffer
  private let products: FloatBuffer
  private let tableGradient: FloatBuffer
  /// Whether the last forward pass went by the look-up.
  private(set) var usesLookup = false
  /// nil where no tokens are dropped.
  private let tokenDropout: TokenDropout?
  /// What each row was multiplied by, that of a distinct id or of a place; empty without dropout of tokens.
  private let factors: FloatBuffer
  private var dropsTokens = false

  init(
    _ configuration: ModelConfiguration, layout: ParameterLayout, stack: String, maximumRows: Int, trains: Bool,
    arithmetic: Arithmetic
  ) {
    embeddingSize = configuration.embeddingSize
    weight = layout[ParameterName.embedding]
    inputWeight = layout[ParameterName.recurrent(stack, "weight_ih", 0)]
    columns = inputWeight.shape[0]
    self.arithmetic = arithmetic
    rows = FloatBuffer(count: maximumRows * configuration.embeddingSize)
    tokenDropout = trains ? TokenDropout(configuration) : nil
    factors = FloatBuffer(count: tokenDropout == nil ? 0 : maximumRows)
    slots = IndexBuffer(count: configuration.vocabularySize)
    slots.all.update(repeating: -1)
    // No window has more distinct ids than there are ids.
    let limit = min(Self.lookupLimit(rows: maximumRows), configuration.vocabularySize)
    distinct = IndexBuffer(count: limit)
    table = FloatBuffer(count: limit * configuration.embeddingSize)
    products = FloatBuffer(count: limit * columns)
    tableGradient = FloatBuffer(count: trains ? limit * configuration.embeddingSize : 0)
  }

  /// The look-up pays while the distinct ids are clearly fewer than the rows.
  private static func lookupLimit(rows: Int) -> Int { rows / 2 }

  /// Fills `sums` with the products W_ih·x of the first layer, without bias, through the look-up if it pays.
  ///
  /// - Returns: whether it did. If not, ``rows`` holds the embedded window and the product is still to be made.
  func forward(
    ids: UnsafePointer<Int32>, count: Int, allowsLookup: Bool, parameters: UnsafePointer<Float>,
    dropout: DropoutKey? = nil, sums: UnsafeMutablePointer<Float>
  ) -> Bool {
    arithmetic.profile?.enter(.lookUp)
    let E = embeddingSize
    let matrix = parameters + weight.offset
    usesLookup = allowsLookup && collectDistinct(ids: ids, count: count, limit: Self.lookupLimit(rows: count))
    dropsTokens = dropout != nil && tokenDropout != nil
    guard usesLookup else {
      for row in 0..<count { (rows.pointer + row * E).update(from: matrix + Int(ids[row]) * E, count: E) }
      dropTokens(ids, count: count, rows: rows.pointer, key: dropout)
      return false
    }
    for slot in 0..<distinctCount {
      (table.pointer + slot * E).update(from: matrix + Int(distinct.pointer[slot]) * E, count: E)
    }
    dropTokens(distinct.pointer, count: distinctCount, rows: table.pointer, key: dropout)
    arithmetic.product.multiply(
      table.pointer, byTransposed: parameters + inputWeight.offset, into: products.pointer,
      rows: distinctCount, columns: columns, inner: E)
    for row in 0..<count {
      let slot = Int(slots.pointer[Int(ids[row])])
      (sums + row * columns).update(from: products.pointer + slot * columns, count: columns)
    }
    return true
  }

  /// The gradient of the distinct tokens' rows, from that of `sums`; that of the first layer's input weights is noted. Only
  /// after a forward pass by the look-up.
  func backwardThroughLookup(
    ids: UnsafePointer<Int32>, count: Int, sumsGradient: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
    gradient: WindowGradient
  ) -> EmbeddingRows {
    precondition(usesLookup, "the forward pass did not go by the look-up")
    arithmetic.profile?.enter(.lookUpBackward)
    let E = embeddingSize
    (products.pointer).update(repeating: 0, count: distinctCount * columns)
    for row in 0..<count {
      let slot = Int(slots.pointer[Int(ids[row])])
      arithmetic.kernels.table.pointee.add(columns, products.pointer + slot * columns, sumsGradient + row * columns)
    }
    gradient.note(transposed: products.pointer, by: table.pointer, of: inputWeight, inner: distinctCount)
    arithmetic.product.multiply(
      products.pointer, by: parameters + inputWeight.offset, into: tableGradient.pointer,
      rows: distinctCount, columns: E, inner: columns)
    scaleRows(tableGradient.pointer, count: distinctCount)
    return EmbeddingRows(
      ids: UnsafePointer(distinct.pointer), rows: UnsafePointer(tableGradient.pointer), count: distinctCount)
  }

  /// The gradient of the tokens' rows, from that of ``rows`` [T·B, E], in place.
  func backward(
    ids: UnsafePointer<Int32>, count: Int, rowsGradient: UnsafeMutablePointer<Float>
  ) -> EmbeddingRows {
    scaleRows(rowsGradient, count: count)
    return EmbeddingRows(ids: ids, rows: UnsafePointer(rowsGradient), count: count)
  }

  /// Draws which tokens are dropped, and scales their rows.
  private func dropTokens(
    _ ids: UnsafePointer<Int32>, count: Int, rows: UnsafeMutablePointer<Float>, key: DropoutKey?
  ) {
    guard let tokenDropout, let key else { return }
    for row in 0..<count { factors.pointer[row] = tokenDropout.factor(ofToken: ids[row], key: key) }
    scaleRows(rows, count: count)
  }

  private func scaleRows(_ rows: UnsafeMutablePointer<Float>, count: Int) {
    if !dropsTokens { return }
    for row in 0..<count {
      let factor = factors.pointer[row]
      for e in row * embeddingSize..<(row + 1) * embeddingSize { rows[e] *= factor }
    }
  }

  /// Gives each distinct id of the window a slot, in order of first appearance; false when there are more than `limit`.
  private func collectDistinct(ids: UnsafePointer<Int32>, count: Int, limit: Int) -> Bool {
    for slot in 0..<distinctCount { slots.pointer[Int(distinct.pointer[slot])] = -1 }
    distinctCount = 0
    for row in 0..<count {
      let id = Int(ids[row])
      if slots.pointer[id] >= 0 { continue }
      if distinctCount == limit { return false }
      slots.pointer[id] = Int32(distinctCount)
      distinct.pointer[distinctCount] = ids[row]
      distinctCount += 1
    }
    return true
  }
}
