internal import CKernels
package import TsuzuriKernels

/// The Euclidean norm of the whole gradient, with the same bits for any number of workers.
///
///     norm = √(Σ gᵢ²)
///
/// The gradient is cut into blocks of a fixed size. Each block is summed in Double, by whoever takes it, and the sums
/// are added in block order: how the blocks were shared leaves no trace.
public enum GradientNorm {
  /// How many gradients one block has.
  public static let blockSize = 16_384

  /// How many blocks `count` gradients make; the last may be shorter.
  public static func blockCount(of count: Int) -> Int { (count + blockSize - 1) / blockSize }

  /// The sums of squares of some blocks.
  ///
  /// - Parameters:
  ///   - blocks: The blocks to sum.
  ///   - gradients: The whole gradient.
  ///   - sums: One place for each block of the whole gradient; those in `blocks` are written.
  public static func sumSquares(
    ofBlocks blocks: Range<Int>, in gradients: UnsafeBufferPointer<Float>, into sums: UnsafeMutableBufferPointer<Double>
  ) {
    sumSquares(ofBlocks: blocks, in: gradients, into: sums, kernels: .best)
  }

  /// The same with the kernels named.
  package static func sumSquares(
    ofBlocks blocks: Range<Int>, in gradients: UnsafeBufferPointer<Float>,
    into sums: UnsafeMutableBufferPointer<Double>,
    kernels: KernelSet
  ) {
    precondition(
      blocks.lowerBound >= 0 && blocks.upperBound <= blockCount(of: gradients.count) && blocks.upperBound <= sums.count,
      "blocks \(blocks) of \(blockCount(of: gradients.count)), with room for \(sums.count) sums")
    guard let base = gradients.baseAddress else { return }
    for block in blocks {
      let start = block * blockSize
      sums[block] = kernels.table.pointee.sum_of_squares(min(blockSize, gradients.count - start), base + start)
    }
  }

  /// The norm from the sums of all blocks, added in block order.
  public static func norm(fromSums sums: UnsafeBufferPointer<Double>) -> Double {
    sums.reduce(0, +).squareRoot()
  }

  /// The norm, on the calling thread. Infinite or NaN where a gradient is.
  public static func norm(of gradients: UnsafeBufferPointer<Float>) -> Double {
    let blocks = blockCount(of: gradients.count)
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: blocks) { sums in
      sumSquares(ofBlocks: 0..<blocks, in: gradients, into: sums)
      return norm(fromSums: UnsafeBufferPointer(sums))
    }
  }
}
