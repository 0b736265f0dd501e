import Foundation
import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriTraining

/// A case of `clipping.json`: ten gradients after `clip_grad_value_` and `clip_grad_norm_`.
struct ClippingReference: Decodable {
  var maximumNorm, maximumValue: Double?
  var norm: Double
  var gradients: [Double]
}

struct GradientClippingTests {
  @Test func valuesThenNormAgreeWithPyTorch() throws {
    let cases = try ReferenceValues.cases(ClippingReference.self, named: "clipping", in: .module)
    #expect(cases.count == 6)
    for reference in cases {
      let clipping = GradientClipping(maximumNorm: reference.maximumNorm, maximumValue: reference.maximumValue)
      var gradients = OptimizerFormula.gradients(10, step: 0)
      let (norm, scale) = gradients.withUnsafeMutableBufferPointer { clipping.apply(to: $0) }
      #expect(abs(norm - reference.norm) <= 1e-7)
      for (found, expected) in zip(gradients, reference.gradients) {
        #expect(abs(Double(found) * scale - expected) <= 1e-7)
      }
    }
  }

  /// The bits of the norm are those of sums in block order, whoever made them, for every kernel set.
  @Test(arguments: [0, 1, 7, 63, 64, 65, 1000, 16_384, 16_385, 100_000])
  func normDoesNotDependOnSharesOrKernels(_ count: Int) {
    let gradients = (0..<count).map { Float(sin(0.1 * Double($0) + 0.3)) }
    let plain = gradients.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    let whole = gradients.withUnsafeBufferPointer { GradientNorm.norm(of: $0) }
    // Sums of 100,000 Doubles in two orders.
    #expect(abs(whole - plain) <= 1e-12 * plain)

    let blocks = GradientNorm.blockCount(of: count)
    for kernels in KernelSet.available {
      var sums = [Double](repeating: .nan, count: blocks)
      gradients.withUnsafeBufferPointer { gradients in
        sums.withUnsafeMutableBufferPointer { sums in
          for block in (0..<blocks).reversed() {
            GradientNorm.sumSquares(ofBlocks: block..<block + 1, in: gradients, into: sums, kernels: kernels)
          }
        }
      }
      #expect(sums.withUnsafeBufferPointer { GradientNorm.norm(fromSums: $0) } == whole, "\(kernels.name)")
    }
  }

  /// Squares of 1e30 overflow Float, not Double.
  @Test func normOfLargeGradientsIsFinite() {
    let gradients = [Float](repeating: 1e30, count: 4)
    #expect(abs(gradients.withUnsafeBufferPointer { GradientNorm.norm(of: $0) } - 2e30) <= 1e23)
  }

  @Test(arguments: [Float.infinity, -.infinity, .nan], [0, 64, 99])
  func normThatIsNotFiniteReachesTheCaller(_ value: Float, _ place: Int) {
    var gradients = OptimizerFormula.gradients(100, step: 0)
    gradients[place] = value
    let (norm, scale) = gradients.withUnsafeMutableBufferPointer { GradientClipping(maximumNorm: 1).apply(to: $0) }
    #expect(!norm.isFinite)
    #expect(value.isNaN ? scale.isNaN : scale == 0)
  }

  @Test(arguments: [0, 1, 7, 63, 64, 65, 1000])
  func clampingAgreesWithThePlainLoopForEveryKernelSet(_ count: Int) {
    for kernels in KernelSet.available {
      var gradients = OptimizerFormula.gradients(count, step: 1)
      if count > 5 {
        gradients[4] = .nan
        gradients[5] = -.infinity
      }
      let expected = gradients.map { $0.isNaN ? $0 : min(max($0, -0.25), 0.25) }
      gradients.withUnsafeMutableBufferPointer {
        GradientClipping(maximumValue: 0.25).clipValues($0, kernels: kernels)
      }
      #expect(gradients.map(\.bitPattern) == expected.map(\.bitPattern), "\(kernels.name)")
    }
  }

  @Test func gradientsWithinTheBoundsAreLeftAlone() {
    #expect(GradientClipping(maximumNorm: 5).scale(forNorm: 4.9) == 1)
    #expect(GradientClipping().scale(forNorm: 1e9) == 1)
    #expect(GradientClipping(maximumNorm: 5).scale(forNorm: 10) == 5 / (10 + 1e-6))
  }

  @Test func boundsBelowZeroAreRefused() throws {
    let off = try GradientClipping(clipNorm: 0)
    #expect(off == GradientClipping())
    #expect(try GradientClipping(clipNorm: 1, clipValue: 0.5) == GradientClipping(maximumNorm: 1, maximumValue: 0.5))
    let norm = #expect(throws: OptimizationError.self) { try GradientClipping(clipNorm: -1) }
    #expect(norm?.description == "--clip-norm: expected a finite number, 0 (off) or more, found -1.")
    let value = #expect(throws: OptimizationError.self) { try GradientClipping(clipNorm: 1, clipValue: .infinity) }
    #expect(value?.description == "--clip-value: expected a finite number, 0 (off) or more, found inf.")
  }
}
