import Foundation
import Testing

@testable import _TestSupport

struct GradientCheckTests {
  let parameters = [
    NamedValues(name: "weight", shape: [3], values: [0.3, -0.7, 1.1]),
    NamedValues(name: "bias", shape: [2], values: [0.2, 0.9]),
  ]

  /// sin(w₀)·w₁ + w₂³ + b₀·exp(b₁); its gradient by hand stands in `gradients`.
  func loss(_ p: inout [Double]) -> Double { sin(p[0]) * p[1] + p[2] * p[2] * p[2] + p[3] * exp(p[4]) }

  var gradients: [[Double]] {
    [[cos(0.3) * -0.7, sin(0.3), 3 * 1.1 * 1.1], [exp(0.9), 0.2 * exp(0.9)]]
  }

  @Test func rightGradientsPass() throws {
    let worst = try #require(GradientCheck().worstElement(of: parameters, gradients: gradients, loss: loss))
    #expect(worst.relativeError < 1e-8, "\(worst)")
  }

  @Test(arguments: [1.001, -1, 0, 2])
  func wrongElementIsNamed(_ factor: Double) throws {
    for (tensor, index) in [(0, 0), (0, 2), (1, 1)] {
      var wrong = gradients
      wrong[tensor][index] *= factor
      let worst = try #require(GradientCheck().worstElement(of: parameters, gradients: wrong, loss: loss))
      #expect(worst.name == parameters[tensor].name)
      #expect(worst.index == index)
      #expect(worst.relativeError > 5e-4, "\(worst)")
    }
  }

  /// A sine's derivative written as the sine, and two gradients in each other's place.
  @Test func wrongFormulasAreCaught() throws {
    var wrong = gradients
    wrong[0][0] = sin(0.3) * -0.7
    var worst = try #require(GradientCheck().worstElement(of: parameters, gradients: wrong, loss: loss))
    #expect(worst.relativeError > 0.5 && worst.name == "weight" && worst.index == 0)
    wrong = gradients
    wrong[1].swapAt(0, 1)
    worst = try #require(GradientCheck().worstElement(of: parameters, gradients: wrong, loss: loss))
    #expect(worst.relativeError > 0.5 && worst.name == "bias")
  }

  @Test func gradientThatIsNoNumberIsTheWorst() throws {
    var wrong = gradients
    wrong[0][1] = .nan
    wrong[1][0] = 100
    let worst = try #require(GradientCheck().worstElement(of: parameters, gradients: wrong, loss: loss))
    #expect(worst.name == "weight" && worst.index == 1 && worst.relativeError == .infinity)
  }

  @Test func findingReadsAsOneLine() {
    let finding = GradientCheck.Finding(
      name: "rnn.bias_ih_l0", index: 12, gradient: 0.5, difference: 0.25, relativeError: 0.5)
    #expect(finding.description == "rnn.bias_ih_l0[12]: gradient 0.5, central difference 0.25, relative error 0.5")
  }

  @Test func nothingToCheckHasNoWorst() {
    #expect(GradientCheck().worstElement(of: [], gradients: []) { _ in 0 } == nil)
  }
}
