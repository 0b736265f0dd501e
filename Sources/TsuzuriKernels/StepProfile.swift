/// Where the time of one worker's part of a training step goes.
///
/// A stopwatch with laps: entering a part ends the one before, so the parts add up to the whole and nothing is counted
/// twice. The stages of a pass say which part begins; every matrix product counts itself, under the part that belongs to
/// the stage that asked for it. Without a profile nothing looks at a clock.
package final class StepProfile: @unchecked Sendable {
  // SAFETY: between two meetings of the worker pool, only the worker that took the share touches its profile.

  /// A count of nanoseconds that only grows.
  package typealias Clock = @Sendable () -> UInt64

  /// Some products of one shape.
  package struct Product: Sendable, Hashable {
    package var shape: ProductShape
    package var part: Part
    package var count = 0
    package var nanoseconds: UInt64 = 0
    /// What they took in all: 2 · rows · columns · inner operations each.
    package var operations: Double { shape.operations * Double(count) }
  }

  /// The time of each part, in the order of ``Part/allCases``.
  package private(set) var nanoseconds = [UInt64](repeating: 0, count: Part.allCases.count)
  /// The products, one entry for each shape in each part.
  package private(set) var products: [Product] = []

  private let clock: Clock
  private var part: Part?
  private var lapStart: UInt64 = 0

  package init(clock: @escaping Clock) {
    self.clock = clock
    products.reserveCapacity(64)
  }

  /// Ends the part that runs, if one does, and begins another.
  package func enter(_ next: Part) { lap(next, at: clock()) }

  /// Ends the part that runs: the worker has nothing more to do.
  package func end() {
    lap(part ?? .waiting, at: clock())
    part = nil
  }

  /// Forgets everything.
  package func reset() {
    for index in nanoseconds.indices { nanoseconds[index] = 0 }
    products.removeAll(keepingCapacity: true)
  }

  /// Counts a product, which belongs to the stage that runs.
  func measure(_ shape: ProductShape, _ multiply: () -> Void) {
    let stage = part ?? .waiting
    let counted = stage.ofProduct(shape)
    let start = clock()
    lap(counted, at: start)
    multiply()
    let end = clock()
    lap(stage, at: end)
    let index = products.firstIndex { $0.shape == shape && $0.part == counted } ?? products.count
    if index == products.count { products.append(Product(shape: shape, part: counted)) }
    products[index].count += 1
    products[index].nanoseconds += end - start
  }

  private func lap(_ next: Part, at now: UInt64) {
    if let part { nanoseconds[part.rawValue] += now - lapStart }
    (part, lapStart) = (next, now)
  }
}

extension StepProfile {
  /// The parts of a step, in the order in which it comes to them.
  package enum Part: Int, CaseIterable, Sendable {
    /// Bringing the weights into the form that the passes read.
    case preparation
    /// Copying the window's tokens, summing its losses, carrying the state on.
    case lanes
    /// Embedding: collecting and copying rows; not the products.
    case lookUp
    /// W_ih·x, over the window or over its distinct tokens.
    case inputProducts
    /// W_hh·h, in time order.
    case recurrentProducts
    /// What the cell does beside its products.
    case gates
    case dropout
    /// Adding a layer's input to its output, where layers are skipped.
    case residual
    /// Logits.
    case outputProducts
    /// Cross-entropy and its gradient.
    case softmax
    /// Setting gradients to zero that are added to.
    case clearing
    case outputProductsBackward
    /// The sums over rows that are the output bias's gradient.
    case outputBiasBackward
    case gatesBackward
    /// W_hhᵀ·δ, in time order.
    case recurrentProductsBackward
    /// The gradients of the recurrent and the input matrices, over the window.
    case weightsBackward
    case inputProductsBackward
    case lookUpBackward
    case dropoutBackward
    case residualBackward
    /// Summing the shares' gradients, clipping, and the norm.
    case reduction
    case optimizer
    /// What the threads spend without work: at the meeting points, and while one does what only one can.
    case waiting

    /// The part of a product that this stage makes.
    func ofProduct(_ shape: ProductShape) -> Part {
      switch self {
      case .lookUp: .inputProducts
      case .gates: .recurrentProducts
      case .softmax: .outputProducts
      case .outputBiasBackward: .outputProductsBackward
      case .gatesBackward: shape.form == .transposedFirst ? .weightsBackward : .recurrentProductsBackward
      case .lookUpBackward: .inputProductsBackward
      default: self
      }
    }
  }
}

/// The sizes of a product C [rows, columns] = A [rows, inner] · B [inner, columns], and how its factors are stored.
package struct ProductShape: Sendable, Hashable {
  /// How the factors are stored.
  package enum Form: String, Sendable, Hashable {
    /// Both as they are named.
    case plain
    /// A as [inner, rows].
    case transposedFirst
    /// B as [columns, inner].
    case transposedSecond
    /// B as a ``PackedMatrix``.
    case packed
  }

  package var rows: Int
  package var columns: Int
  package var inner: Int
  package var form: Form

  package init(rows: Int, columns: Int, inner: Int, form: Form) {
    self.rows = rows
    self.columns = columns
    self.inner = inner
    self.form = form
  }

  /// 2 · rows · columns · inner.
  package var operations: Double { 2 * Double(rows) * Double(columns) * Double(inner) }
}
