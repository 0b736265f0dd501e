internal import CKernels
internal import Foundation
internal import TsuzuriKernels

/// The last N states of a model's top layer, each with the token that followed it: what a text says again, it finds again.
///
///     p_cache(w | h_1 … h_t) = Σ_{i = t−N}^{t−1} [x_{i+1} = w] exp(θ h_t·h_i) / Σ_{i = t−N}^{t−1} exp(θ h_t·h_i)
///
/// h_t is what the output projection is given to predict x_{t+1}: for a tied embedding of another width than the layer's,
/// what the matrix between the two has made of the layer's output. A state is kept when its token has been scored, so a
/// probability never depends on what it predicts or on what comes after.
///
/// - Shape: states [N + T, feature size], those of the window behind those before it.
/// - Complexity: for each token N + T products of states, all of a window's in one matrix product, and N exponentials where
///   the token is among the last N.
///
/// Source: Grave, Joulin & Usunier 2017, "Improving neural language models with a continuous cache", eqs 2 and 3.
package final class NeuralCache {
  /// N.
  package let size: Int
  /// T, the longest window.
  private let window: Int
  private let width: Int
  /// How many of the N places hold something: the last ones.
  private var filled = 0
  private let states: FloatBuffer
  /// The token behind each state.
  private let tokens: IndexBuffer
  /// h_t·h_i [T, filled + T].
  private let products: FloatBuffer
  /// One row of them, times θ.
  private let scaled: FloatBuffer
  private let arithmetic = Arithmetic()

  /// - Parameters:
  ///   - size: N.
  ///   - window: the longest window.
  ///   - width: that of a state.
  package init(size: Int, window: Int, width: Int) {
    precondition(size > 0, "a cache of \(size) states was asked for")
    self.size = size
    self.window = window
    self.width = width
    states = FloatBuffer(count: (size + window) * width)
    tokens = IndexBuffer(count: size + window)
    products = FloatBuffer(count: window * (size + window))
    scaled = FloatBuffer(count: size)
  }

  /// Forgets everything.
  package func clear() { filled = 0 }

  /// The cache's probabilities of a window's tokens, by one or several θ; then the window is kept.
  ///
  /// - Parameters:
  ///   - window: the tokens, at most T.
  ///   - features: the state behind which each of them stands [count, feature size].
  ///   - probabilities: receives for each token one for each θ [count, thetas]; NaN where nothing is kept yet.
  package func take(
    _ window: UnsafeBufferPointer<Int32>, features: UnsafePointer<Float>, thetas: [Double],
    probabilities: UnsafeMutablePointer<Double>
  ) {
    precondition(window.count <= self.window, "a window of \(window.count) tokens was given, expected \(self.window)")
    guard let ids = window.baseAddress else { return }
    let time = window.count
    (states.pointer + size * width).update(from: features, count: time * width)
    (tokens.pointer + size).update(from: ids, count: time)
    let first = size - filled
    let columns = filled + time
    SignalShield.during {
      arithmetic.product.multiply(
        features, byTransposed: states.pointer + first * width, into: products.pointer, rows: time, columns: columns,
        inner: width)
    }
    for t in 0..<time {
      // Of what stands before the token, the last N.
      let start = max(first, t)
      let count = size + t - start
      lookUp(
        ids[t], in: tokens.pointer + start, products: products.pointer + t * columns + start - first, count: count,
        thetas: thetas, into: probabilities + t * thetas.count)
    }
    keep(time)
  }

  /// The probabilities of one token among `count` kept ones.
  private func lookUp(
    _ token: Int32, in kept: UnsafePointer<Int32>, products: UnsafePointer<Float>, count: Int, thetas: [Double],
    into probabilities: UnsafeMutablePointer<Double>
  ) {
    var best = -1
    for i in 0..<count where kept[i] == token && (best < 0 || products[i] > products[best]) { best = i }
    guard best >= 0 else {
      for n in thetas.indices { probabilities[n] = count == 0 ? .nan : 0 }
      return
    }
    var target = Int32(best)
    var largest = products[0]
    for i in 1..<count { largest = max(largest, products[i]) }
    for (n, theta) in thetas.enumerated() {
      let factor = Float(theta)
      let row = scaled.pointer
      // A softmax does not see what is taken off all of them, and a large θ times a large product may be no number.
      for i in 0..<count { row[i] = factor * (products[i] - largest) }
      var loss: Float = 0
      arithmetic.kernels.table.pointee.cross_entropy(1, count, row, &target, &loss)
      // All of the token's places may vanish beside another token's.
      if row[best] == -.infinity {
        probabilities[n] = 0
        continue
      }
      // The share of the likeliest of the token's places, and those of the others beside it.
      var places = 0.0
      for i in 0..<count where kept[i] == token { places += exp(Double(row[i] - row[best])) }
      let share = exp(-Double(loss)) * places
      // Rounded, and no number stays none.
      probabilities[n] = share > 1 ? 1 : share
    }
  }

  /// Moves the last N states to the beginning of the buffer.
  private func keep(_ time: Int) {
    states.pointer.update(from: states.pointer + time * width, count: size * width)
    tokens.pointer.update(from: tokens.pointer + time, count: size)
    filled = min(size, filled + time)
  }
}
