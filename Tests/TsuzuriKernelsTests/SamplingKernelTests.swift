import CKernels
import Foundation
import Testing

@testable import TsuzuriKernels

/// What a sampler asks of a row of logits, of each instruction set, against plain loops in Double.
struct SamplingKernelTests {
  static let sizes = [1, 3, 7, 15, 16, 17, 63, 64, 65, 255, 256, 257, 511, 1000, 10_007]

  @Test(arguments: KernelSet.available, sizes)
  func weightsAndTheirBlocksEqualTheirDefinition(set: KernelSet, count: Int) {
    let logits = (0..<count).map { 9 * sin(0.7 * Float($0)) - 40 * Float($0 % 11) }
    let maximum = logits.max() ?? 0
    let block = Int(TZ_WEIGHT_BLOCK)
    for factor: Float in [0.1, 1, 1.25, 10] {
      // One place more each, which must stay as it is.
      var weights = [Float](repeating: -1, count: count + 1)
      var sums = [Double](repeating: -1, count: (count + block - 1) / block + 1)
      set.table.pointee.weigh(count, logits, maximum, factor, &weights, &sums)
      for i in 0..<count {
        let exact = exp(Double((logits[i] - maximum) * factor))
        let bound = max(2e-7 * exact, Double(Float.leastNormalMagnitude) * 1.5)
        #expect(abs(Double(weights[i]) - exact) <= bound)
      }
      for (b, start) in stride(from: 0, to: count, by: block).enumerated() {
        let exact = weights[start..<min(start + block, count)].reduce(0) { $0 + Double($1) }
        #expect(abs(sums[b] - exact) <= 1e-6 * exact)
      }
      #expect(weights.last == -1 && sums.last == -1)
    }
  }

  @Test(arguments: KernelSet.available, sizes)
  func theLargestValueIsFoundAtEveryPlace(set: KernelSet, count: Int) {
    var values = (0..<count).map { -3 - abs(sin(0.7 * Float($0))) }
    for place in Set([0, count / 2, count - 1, max(count - 17, 0)]) {
      let before = values[place]
      values[place] = -2
      var found: Float = 0
      #expect(set.table.pointee.largest(count, values, &found) != 0)
      #expect(found == -2)
      for bad in [Float.infinity, -.infinity, .nan, -.nan, .signalingNaN] {
        values[place] = bad
        #expect(set.table.pointee.largest(count, values, &found) == 0, "\(bad) at \(place) of \(count)")
      }
      values[place] = before
    }
    var found: Float = 0
    let extreme = [Float](repeating: -.greatestFiniteMagnitude, count: count)
    #expect(set.table.pointee.largest(count, extreme, &found) != 0 && found == -.greatestFiniteMagnitude)
  }
}
