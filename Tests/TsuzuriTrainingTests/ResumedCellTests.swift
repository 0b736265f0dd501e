import Foundation
import Testing
import TsuzuriModel

@testable import TsuzuriTraining

/// What a resumed run rests on, of every cell: each has a state of its own.
struct ResumedCellTests {
  /// The context 12 is longer than the window, so that begun sums are carried over two edges.
  @Test(arguments: CellKind.allCases.map { ($0, 1) } + [(CellKind.feedForward, 12)])
  func aRunThatIsStoppedAndResumedEndsInTheSameBytes(cell: CellKind, context: Int) throws {
    let sample = TrainerTests()
    let model = ModelConfiguration(
      cell: cell, vocabularySize: 257, embeddingSize: 5, hiddenSize: 9, layers: 3, dropout: 0.2, isResidual: true,
      context: context)
    try check(model, sample.options, sample)
  }

  /// Windows of random lengths, and all that training can do against learning by heart.
  @Test func soDoesARunWithEveryRegularisation() throws {
    let sample = TrainerTests()
    var options = sample.options
    options.hasRandomWindows = true
    let model = ModelConfiguration(
      vocabularySize: 257, embeddingSize: 5, hiddenSize: 9, layers: 3, dropout: 0.2,
      regularization: TrainingStepTests.regularization)
    try check(model, options, sample)
  }

  private func check(_ model: ModelConfiguration, _ options: TrainingConfiguration, _ sample: TrainerTests) throws {
    func trainer(resumes: Bool = false) throws -> Trainer {
      try Trainer(
        text: sample.text, model: model, configuration: options, destination: sample.destination(),
        resumes: resumes, threads: 2)
    }
    func weights() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: sample.path + "/model.safetensors")) }
    let whole = try trainer()
    let expected = try whole.run()
    let end = try weights()
    whole.close()

    var taken = 0
    let first = try trainer()
    #expect(try first.run(onEvent: { if case .stepped = $0 { taken += 1 } }, shouldStop: { taken >= 9 }).isInterrupted)
    first.close()
    let second = try trainer(resumes: true)
    let result = try second.run()
    second.close()
    #expect(result.steps == expected.steps && result.validationLoss == expected.validationLoss)
    #expect(try weights() == end)
    try FileManager.default.removeItem(atPath: sample.path)
  }
}
