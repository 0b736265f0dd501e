import Foundation
import Testing
import TsuzuriTraining
import _TestSupport

/// Clipping and optimizers inside a whole step, with the plain model's central differences as gradient: what PyTorch
/// does to the same model over five windows.
struct TrainingReferenceTests {
  @Test func fiveClippedStepsWithCarriedStateAgreeWithPyTorch() throws {
    for reference in try ReferenceValues.cases(TrainingReference.self, named: "training", in: .module) {
      var tensors = reference.parameters
      var parameters = tensors.flatMap(\.values).map { Float($0) }
      let optimizer = try OptimizerChoice(
        named: reference.optimizer, weightDecay: reference.weightDecay, numbers: .init(momentum: reference.momentum)
      ).makeOptimizer(parameterCount: parameters.count)
      let clipping = try GradientClipping(clipNorm: reference.clipNorm)
      var state = ReferenceLanguageModel<Double>(tensors).initialState(batchSize: reference.batchSize)
      var wasClipped = false

      for (s, expected) in reference.steps.enumerated() {
        let start = state
        func loss(_ values: [Double], _ state: inout ReferenceLanguageModel<Double>.State) -> Double {
          fill(&tensors, from: values)
          return ReferenceLanguageModel<Double>(tensors).loss(
            inputs: reference.inputs(step: s), targets: reference.targets(step: s), batchSize: reference.batchSize,
            state: &state)
        }
        let values = parameters.map { Double($0) }
        let found = loss(values, &state)
        var gradients = GradientCheck().differences(at: values) { values in
          var state = start
          return loss(values, &state)
        }.map { Float($0) }
        let (norm, scale) = gradients.withUnsafeMutableBufferPointer { clipping.apply(to: $0) }
        wasClipped = wasClipped || scale < 1
        parameters.withUnsafeMutableBufferPointer { parameters in
          gradients.withUnsafeBufferPointer { gradients in
            optimizer.step(
              parameters: parameters, gradients: gradients, learningRate: reference.learningRate, gradientScale: scale)
          }
        }
        fill(&tensors, from: parameters.map { Double($0) })

        // Parameters in Float against float64, whose rounding the next steps carry on.
        #expect(abs(found - expected.loss) <= 2e-6, "\(reference.name), step \(s)")
        #expect(abs(norm - expected.norm) <= 2e-6, "\(reference.name), step \(s)")
        for tensor in tensors {
          let sampled = [
            tensor.values[0], tensor.values[tensor.values.count / 2], tensor.values[tensor.values.count - 1],
          ]
          for (found, expected) in zip(sampled, try #require(expected.parameters[tensor.name])) {
            #expect(abs(found - expected) <= 5e-6, "\(reference.name), step \(s), \(tensor.name)")
          }
        }
        let sum = parameters.reduce(0.0) { $0 + Double($1) }
        #expect(abs(sum - expected.parameterSum) <= 1e-4, "\(reference.name), step \(s)")
      }
      #expect(wasClipped)
    }
  }

  private func fill(_ tensors: inout [NamedValues], from values: [Double]) {
    var start = 0
    for index in tensors.indices {
      let count = tensors[index].values.count
      tensors[index].values = Array(values[start..<start + count])
      start += count
    }
  }
}
