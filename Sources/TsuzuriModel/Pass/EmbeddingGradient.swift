package import TsuzuriKernels

/// The gradient of the embedding matrix over all shares of a step: one row for each distinct token that was read.
///
/// A window reads few of a large vocabulary's tokens, and the gradient of all other rows is zero: no memory is spent on
/// those, and nobody clears, sums or measures them. What a rule does to a parameter whose gradient is zero, such as letting
/// its moments fade, is still done to each: the weights are those of the whole matrix's gradient.
///
/// - Shape: ``rows`` [``count``, E].
package final class EmbeddingGradient {
  /// The distinct tokens' gradients, in the order in which the tokens were first read.
  package let rows: FloatBuffer
  /// How many distinct tokens there were.
  package private(set) var count = 0
  private let passes: [any TrainingPass]
  private let width: Int
  private let stacks: Int
  private let ids: IndexBuffer
  /// slots[id] is the id's row, or −1.
  private let slots: IndexBuffer

  /// - Parameter maximumRows: how many tokens all passes together read in a window.
  package init(_ configuration: ModelConfiguration, passes: [any TrainingPass], maximumRows: Int) {
    self.passes = passes
    width = configuration.embeddingSize
    stacks = configuration.stacks.count
    let limit = min(configuration.vocabularySize, maximumRows * stacks)
    ids = IndexBuffer(count: limit)
    rows = FloatBuffer(count: limit * configuration.embeddingSize)
    slots = IndexBuffer(count: configuration.vocabularySize)
    slots.all.update(repeating: -1)
  }

  /// Gives each token that the passes came back to a row. Only one thread may call it.
  package func collect() {
    for slot in 0..<count { slots.pointer[Int(ids.pointer[slot])] = -1 }
    count = 0
    for pass in passes {
      for stack in 0..<stacks {
        let found = pass.embeddingGradient(ofStack: stack)
        for row in 0..<found.count where slots.pointer[Int(found.ids[row])] < 0 {
          slots.pointer[Int(found.ids[row])] = Int32(count)
          ids.pointer[count] = found.ids[row]
          count += 1
        }
      }
    }
  }

  /// Sums the rows of one of `parts` parts over all passes, in their order. Parts may be summed side by side.
  package func sum(part: Int, of parts: Int, using kernels: KernelSet) {
    let slots = (0..<count).part(part, of: parts)
    (rows.pointer + slots.lowerBound * width).update(repeating: 0, count: slots.count * width)
    for pass in passes {
      for stack in 0..<stacks {
        let found = pass.embeddingGradient(ofStack: stack)
        for row in 0..<found.count {
          let slot = Int(self.slots.pointer[Int(found.ids[row])])
          guard slots.contains(slot) else { continue }
          kernels.add(found.rows + row * width, to: rows.pointer + slot * width, count: width)
        }
      }
    }
  }

  /// Adds the summed rows of one part to the gradient of the whole matrix [V, E], which a model with tied embeddings has.
  package func add(part: Int, of parts: Int, to matrix: UnsafeMutablePointer<Float>, using kernels: KernelSet) {
    for slot in (0..<count).part(part, of: parts) {
      kernels.add(rows.pointer + slot * width, to: matrix + Int(ids.pointer[slot]) * width, count: width)
    }
  }

  /// The gradient of a token's row [E]; nil where it is zero.
  package func row(ofToken id: Int) -> UnsafePointer<Float>? {
    let slot = Int(slots.pointer[id])
    return slot < 0 ? nil : UnsafePointer(rows.pointer + slot * width)
  }
}
