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
    func trainer(resumes: Bool = false) throws -> Trainer {
      try Trainer(
        text: sample.text, model: model, configuration: sample.options, destination: sample.destination(),
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
