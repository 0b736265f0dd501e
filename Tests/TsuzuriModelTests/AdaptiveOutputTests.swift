import Foundation
import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// The adaptive softmax against PyTorch's (`Tests/Reference/adaptive.py`).
struct AdaptiveOutputTests {
  struct Reference: Decodable, Sendable, CustomTestStringConvertible {
    var vocabularySize, width: Int
    var cutoffs: [Int]
    var rows: Int
    var scale: Float
    var tensors: [String]
    var targets: [Int32]
    var losses, logProbabilities, hiddenGradient: [Double]
    var gradients: [String: [Double]]
    var testDescription: String { "\(vocabularySize) tokens, clusters from \(cutoffs)" }

    var configuration: ModelConfiguration {
      ModelConfiguration(
        vocabularySize: vocabularySize, embeddingSize: 3, hiddenSize: width, layers: 1, adaptiveCutoffs: cutoffs)
    }

    func parameters(_ layout: ParameterLayout) -> FloatBuffer {
      let buffer = FloatBuffer(count: layout.bufferCount)
      for (number, name) in tensors.enumerated() {
        let slice = layout[name]
        for (i, value) in ReferenceValues.values(count: slice.count, tensor: number).enumerated() {
          buffer.pointer[slice.offset + i] = Float(value)
        }
      }
      return buffer
    }

    var hidden: [Float] { ReferenceValues.values(count: rows * width, tensor: 40).map(Float.init) }
  }

  static func references() throws -> [Reference] {
    try ReferenceValues.cases(Reference.self, named: "adaptive", in: .module)
  }

  private func output(
    _ reference: Reference, _ purpose: PreparedWeights.Purpose, _ arithmetic: Arithmetic = Arithmetic()
  ) throws -> (any OutputLayer, ParameterLayout, FloatBuffer) {
    try reference.configuration.validate()
    let layout = ParameterLayout(reference.configuration)
    let parameters = reference.parameters(layout)
    let weights = PreparedWeights(reference.configuration, layout: layout, for: purpose)
    weights.prepareAll(from: parameters.pointer, using: .best)
    return (weights.makeOutput(maximumRows: reference.rows, arithmetic: arithmetic), layout, parameters)
  }

  @Test(arguments: try references(), allArithmetic)
  func lossesAndGradientsEqualPyTorch(reference: Reference, arithmetic: Arithmetic) throws {
    let (output, layout, parameters) = try output(reference, .training, arithmetic)
    var losses = [Float](repeating: 9, count: reference.rows)
    var above = [Float](repeating: 9, count: reference.rows * reference.width)
    let gradient = FloatBuffer(count: layout.bufferCount)
    output.lossesAndGradients(
      reference.hidden, targets: reference.targets, rows: reference.rows, scale: reference.scale,
      parameters: parameters.pointer, losses: &losses, hiddenGradient: &above, gradient: gradient.pointer)
    for (a, b) in zip(losses, reference.losses) { #expect(abs(Double(a) - b) < 3e-6) }
    for (a, b) in zip(above, reference.hiddenGradient) { #expect(abs(Double(a) - b) < 2e-6) }
    #expect(Set(reference.gradients.keys) == Set(layout.slices.map(\.name).filter { $0.hasPrefix("output.") }))
    for (name, expected) in reference.gradients {
      let slice = layout[name]
      #expect(expected.count == slice.count, "\(name)")
      for (i, value) in expected.enumerated() {
        let found = Double(gradient.pointer[slice.offset + i])
        #expect(abs(found - value) < 3e-6, "\(name)[\(i)]: \(found), expected \(value)")
      }
    }
  }

  @Test(arguments: try references(), [PreparedWeights.Purpose.training, .inference])
  func probabilitiesEqualPyTorchAndSumToOne(reference: Reference, purpose: PreparedWeights.Purpose) throws {
    let (output, _, parameters) = try output(reference, purpose)
    let V = reference.vocabularySize
    var logits = [Float](repeating: 9, count: reference.rows * V)
    output.project(reference.hidden, rows: reference.rows, parameters: parameters.pointer, into: &logits)
    for (a, b) in zip(logits, reference.logProbabilities) { #expect(abs(Double(a) - b) < 5e-6) }
    for row in 0..<reference.rows {
      let sum = logits[row * V..<(row + 1) * V].reduce(0.0) { $0 + exp(Double($1)) }
      #expect(abs(sum - 1) < 1e-6)
    }
  }

  /// A target below zero stands for a token that is fed and not scored.
  @Test(arguments: try references())
  func lossesAloneEqualThoseWithGradientsAndSkipWhatIsNotScored(reference: Reference) throws {
    let (output, _, parameters) = try output(reference, .inference)
    var targets = reference.targets
    targets[1] = -1
    var losses = [Float](repeating: 9, count: reference.rows)
    output.losses(
      reference.hidden, targets: targets, rows: reference.rows, parameters: parameters.pointer, into: &losses)
    for (row, (a, b)) in zip(losses, reference.losses).enumerated() {
      #expect(abs(Double(a) - (row == 1 ? 0 : b)) < 3e-6)
    }
  }

  @Test(arguments: [
    (AdaptiveTrial(cutoffs: [5, 5]), "1 to 8 ascending numbers from 1 to 29, one less than there are tokens", "5,5"),
    (AdaptiveTrial(cutoffs: [30]), "1 to 8 ascending numbers from 1 to 29, one less than there are tokens", "30"),
    (AdaptiveTrial(cutoffs: [0, 3]), "1 to 8 ascending numbers from 1 to 29, one less than there are tokens", "0,3"),
    (
      AdaptiveTrial(cutoffs: [5], tied: true), "none where embeddings are tied, as its rows have several widths", "one"
    ),
    (
      AdaptiveTrial(cutoffs: [5], bidirectional: true),
      "none in a bidirectional model, whose output has a matrix for each direction", "one"
    ),
    (AdaptiveTrial(cutoffs: [5], smoothing: 0.1), "none beside label smoothing", "one"),
  ])
  func impossibleClustersAreRefused(trial: AdaptiveTrial, expected: String, found: String) {
    #expect(throws: ModelError.invalidConfiguration(field: "adaptive softmax", expected: expected, found: found)) {
      try trial.configuration.validate()
    }
  }

  struct AdaptiveTrial: Sendable {
    var cutoffs: [Int]
    var tied = false
    var bidirectional = false
    var smoothing: Float = 0
    var configuration: ModelConfiguration {
      ModelConfiguration(
        vocabularySize: 30, embeddingSize: 8, hiddenSize: 8, layers: 1, tiesEmbeddings: tied,
        isBidirectional: bidirectional, adaptiveCutoffs: cutoffs,
        regularization: Regularization(labelSmoothing: smoothing))
    }
  }
}
