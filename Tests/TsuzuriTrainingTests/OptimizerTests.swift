import Dispatch
import Foundation
import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriTraining

/// A case of `optimizers.json`: ten parameters after each of six steps, by PyTorch in float64.
struct OptimizerReference: Decodable, CustomTestStringConvertible {
  var name: String
  var optimizer: String
  var learningRate, weightDecay, momentum, beta1, beta2, epsilon, alpha: Double
  var nesterov, centered: Bool
  var parameters: [[Double]]
  var state: [String: [Double]]

  static let all: [OptimizerReference] =
    (try? ReferenceValues.cases(OptimizerReference.self, named: "optimizers", in: .module)) ?? []

  var testDescription: String { name }

  /// The optimizer of the case, for the plain loop or one set of kernels.
  func make(parameterCount: Int, kernels: KernelSet?) -> any Optimizer {
    switch optimizer {
    case "adamw", "adam":
      AdamW(
        parameterCount: parameterCount,
        options: .init(
          beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay,
          couplesWeightDecay: optimizer == "adam"
        ), kernels: kernels)
    case "rmsprop":
      RMSprop(
        parameterCount: parameterCount,
        options: .init(
          alpha: alpha, epsilon: epsilon, momentum: momentum, isCentered: centered, weightDecay: weightDecay),
        kernels: kernels)
    case "adagrad":
      Adagrad(
        parameterCount: parameterCount, options: .init(epsilon: epsilon, weightDecay: weightDecay), kernels: kernels)
    case "asgd":
      AveragedSGD(parameterCount: parameterCount, options: .init(weightDecay: weightDecay), kernels: kernels)
    default:
      SGD(
        parameterCount: parameterCount,
        options: .init(momentum: momentum, isNesterov: nesterov, weightDecay: weightDecay), kernels: kernels)
    }
  }
}

/// The formulas of `Tests/Reference/optimizers.py`.
enum OptimizerFormula {
  static func parameters(_ count: Int) -> [Float] {
    (0..<count).map { Float(0.5 * sin(0.37 * Double($0) + 0.1)) }
  }
  static func gradients(_ count: Int, step: Int) -> [Float] {
    (0..<count).map { $0 == 3 ? 0 : Float(0.4 * sin(0.53 * Double($0) + 0.9 * Double(step) + 0.2)) }
  }
}

extension Optimizer {
  /// One step over arrays, in ranges that end at `cuts`.
  func step(
    _ parameters: inout [Float], _ gradients: [Float], learningRate: Double, gradientScale: Double = 1,
    cuts: [Int] = []
  ) {
    let bounds = [0] + cuts + [parameters.count]
    beginStep(learningRate: learningRate, gradientScale: gradientScale)
    parameters.withUnsafeMutableBufferPointer { parameters in
      gradients.withUnsafeBufferPointer { gradients in
        for (start, end) in zip(bounds, bounds.dropFirst()) {
          update(
            parameters: parameters, gradients: UnsafeBufferPointer(rebasing: gradients[start..<end]), in: start..<end)
        }
      }
    }
  }
}

struct OptimizerTests {
  /// Parameters of about 0.5 in Float against float64: a few units in the last place a step.
  static let tolerance = 1e-6

  static let kernelSets: [KernelSet?] = [nil] + KernelSet.available

  @Test func referenceFileHasItsCases() throws {
    #expect(try ReferenceValues.cases(OptimizerReference.self, named: "optimizers", in: .module).count == 19)
  }

  @Test(arguments: OptimizerReference.all)
  func sixStepsAgreeWithPyTorch(_ reference: OptimizerReference) throws {
    for kernels in Self.kernelSets {
      let optimizer = reference.make(parameterCount: 10, kernels: kernels)
      var parameters = OptimizerFormula.parameters(10)
      for (s, expected) in reference.parameters.enumerated() {
        optimizer.step(
          &parameters, OptimizerFormula.gradients(10, step: s),
          learningRate: reference.learningRate * (1 - 0.1 * Double(s)))
        for (found, expected) in zip(parameters, expected) {
          #expect(abs(Double(found) - expected) <= Self.tolerance, "step \(s), kernels \(kernels?.name ?? "none")")
        }
      }
      #expect(Set(optimizer.stateBuffers.map(\.name)) == Set(reference.state.keys))
      for buffer in optimizer.stateBuffers {
        let reference = try #require(reference.state[buffer.name])
        // A velocity is a sum of terms as large as the largest, which can cancel.
        let scale = max(1, reference.map(abs).max() ?? 1)
        for (found, expected) in zip(buffer.values, reference) {
          #expect(abs(Double(found) - expected) <= Self.tolerance * scale)
        }
      }
      #expect(optimizer.stepCount == 6)
    }
  }

  /// A scaled gradient is what a gradient multiplied beforehand is, since the scale is a power of two.
  @Test(arguments: OptimizerReference.all)
  func gradientScaleMultipliesTheGradient(_ reference: OptimizerReference) {
    for kernels in Self.kernelSets {
      let scaled = reference.make(parameterCount: 65, kernels: kernels)
      let plain = reference.make(parameterCount: 65, kernels: kernels)
      var first = OptimizerFormula.parameters(65)
      var second = first
      for s in 0..<3 {
        let gradients = OptimizerFormula.gradients(65, step: s)
        scaled.step(&first, gradients, learningRate: 0.1, gradientScale: 0.25)
        plain.step(&second, gradients.map { $0 * 0.25 }, learningRate: 0.1)
      }
      #expect(first == second)
    }
  }

  /// Kernels against the plain loop, relative to values of about 0.5, or to larger ones: fused products round once where the loop rounds
  /// twice, and a step's division carries that on.
  @Test(arguments: OptimizerReference.all)
  func kernelsAgreeWithThePlainLoop(_ reference: OptimizerReference) {
    for kernels in KernelSet.available {
      for count in [0, 1, 7, 63, 64, 65, 1000] {
        let fast = reference.make(parameterCount: count, kernels: kernels)
        let plain = reference.make(parameterCount: count, kernels: nil)
        var found = OptimizerFormula.parameters(count)
        var expected = found
        for s in 0..<4 {
          let gradients = OptimizerFormula.gradients(count, step: s)
          fast.step(&found, gradients, learningRate: 0.05, gradientScale: 0.7)
          plain.step(&expected, gradients, learningRate: 0.05, gradientScale: 0.7)
        }
        let worst = zip(found, expected).map { abs($0 - $1) / max(1, abs($1)) }.worst() ?? 0
        #expect(worst <= 5e-7, "\(kernels.name), \(count) parameters")
      }
    }
  }

  /// Which worker takes which range leaves no trace in the bits, and the step is counted once.
  @Test(arguments: OptimizerReference.all)
  func rangesGiveTheBitsOfTheWhole(_ reference: OptimizerReference) {
    for kernels in Self.kernelSets {
      let whole = reference.make(parameterCount: 1000, kernels: kernels)
      let cut = reference.make(parameterCount: 1000, kernels: kernels)
      var first = OptimizerFormula.parameters(1000)
      var second = first
      for s in 0..<3 {
        let gradients = OptimizerFormula.gradients(1000, step: s)
        whole.step(&first, gradients, learningRate: 0.1)
        cut.step(&second, gradients, learningRate: 0.1, cuts: [1, 1, 333, 500, 517])
      }
      #expect(first == second)
      #expect(cut.stepCount == 3)
    }
  }

  /// Eight threads that update disjoint ranges at once give the bits of one.
  @Test(arguments: OptimizerReference.all)
  func rangesCanBeUpdatedAtTheSameTime(_ reference: OptimizerReference) {
    let count = 80_000
    let alone = reference.make(parameterCount: count, kernels: .best)
    let shared = reference.make(parameterCount: count, kernels: .best)
    var first = OptimizerFormula.parameters(count)
    var second = first
    for s in 0..<2 {
      let gradients = OptimizerFormula.gradients(count, step: s)
      alone.step(&first, gradients, learningRate: 0.1)
      shared.beginStep(learningRate: 0.1, gradientScale: 1)
      second.withUnsafeMutableBufferPointer { parameters in
        gradients.withUnsafeBufferPointer { gradients in
          // SAFETY: the threads' ranges do not overlap, and concurrentPerform returns when all have ended.
          nonisolated(unsafe) let parameters = parameters
          nonisolated(unsafe) let gradients = gradients
          DispatchQueue.concurrentPerform(iterations: 8) { worker in
            let range = worker * count / 8..<(worker + 1) * count / 8
            shared.update(
              parameters: parameters, gradients: UnsafeBufferPointer(rebasing: gradients[range]), in: range)
          }
        }
      }
    }
    #expect(first == second)
  }

  /// A run that is taken up from its stored state goes on in the same bits.
  @Test(arguments: OptimizerReference.all)
  func restoredStateGoesOnInTheSameBits(_ reference: OptimizerReference) throws {
    let original = reference.make(parameterCount: 65, kernels: .best)
    var parameters = OptimizerFormula.parameters(65)
    for s in 0..<3 { original.step(&parameters, OptimizerFormula.gradients(65, step: s), learningRate: 0.1) }
    let stored = Dictionary(uniqueKeysWithValues: original.stateBuffers.map { ($0.name, Array($0.values)) })

    let resumed = reference.make(parameterCount: 65, kernels: .best)
    try resumed.restore(stepCount: original.stepCount, stored: stored)
    var again = parameters
    for s in 3..<6 {
      original.step(&parameters, OptimizerFormula.gradients(65, step: s), learningRate: 0.1)
      resumed.step(&again, OptimizerFormula.gradients(65, step: s), learningRate: 0.1)
    }
    #expect(parameters == again)
    #expect(resumed.stepCount == 6)
  }
}

extension Optimizer {
  /// Restores from arrays.
  func restore(stepCount: Int, stored: [String: [Float]]) throws {
    let copies = stored.mapValues { array in
      let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: array.count)
      _ = copy.initialize(from: array)
      return copy
    }
    defer { copies.values.forEach { $0.deallocate() } }
    try restore(stepCount: stepCount) { name in copies[name].map { UnsafeBufferPointer($0) } }
  }
}
