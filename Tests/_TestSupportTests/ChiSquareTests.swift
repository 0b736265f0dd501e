import Testing
import _TestSupport

struct ChiSquareTests {
  /// Percentage points of the χ² distribution, from Abramowitz & Stegun 1964, table 26.8.
  @Test(arguments: [
    (1, 3.84146, 0.05), (1, 6.63490, 0.01), (2, 5.99147, 0.05), (5, 15.0863, 0.01), (10, 18.3070, 0.05),
    (10, 3.94030, 0.95), (30, 50.8922, 0.01), (100, 124.342, 0.05), (1, 0.454937, 0.5),
  ])
  func tabulatedPointsHaveTheirProbabilities(_ degrees: Int, _ statistic: Double, _ probability: Double) {
    #expect(abs(ChiSquare.survival(statistic, degreesOfFreedom: degrees) - probability) <= 2e-6)
  }

  @Test func statisticIsPearsons() {
    let test = ChiSquare(observed: [44, 56], probabilities: [0.5, 0.5])
    #expect(abs(test.statistic - 1.44) <= 1e-12)
    #expect(test.degreesOfFreedom == 1)
    #expect(abs(test.pValue - 0.2301393) <= 1e-6)
  }

  @Test func rightDistributionPassesAndWrongOneFails() {
    let probabilities = [0.5, 0.25, 0.125, 0.125]
    #expect(ChiSquare(observed: [5021, 2478, 1260, 1241], probabilities: probabilities).pValue > 0.01)
    #expect(ChiSquare(observed: [4700, 2778, 1260, 1262], probabilities: probabilities).pValue < 1e-6)
  }

  /// Ten outcomes of which one draw each is expected count as one cell.
  @Test func rareOutcomesCountTogether() {
    let test = ChiSquare(
      observed: [90] + [Int](repeating: 1, count: 10), probabilities: [0.9] + [Double](repeating: 0.01, count: 10))
    #expect(test.degreesOfFreedom == 1)
    #expect(test.statistic < 0.1)
  }

  @Test func impossibleDrawIsNeverChance() {
    #expect(ChiSquare(observed: [50, 50, 1], probabilities: [0.5, 0.5, 0]).pValue == 0)
    #expect(ChiSquare(observed: [50, 50, 0], probabilities: [0.5, 0.5, 0]).pValue == 1)
  }

  @Test func certainOutcomeIsNoSurprise() {
    #expect(ChiSquare(observed: [0, 100], probabilities: [0, 1]).pValue == 1)
    #expect(ChiSquare(observed: [1, 99], probabilities: [0, 1]).pValue == 0)
  }
}
