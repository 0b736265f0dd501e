import Foundation
import Testing
import TsuzuriData
import TsuzuriKernels
import TsuzuriModel
import TsuzuriModelFolder
import TsuzuriText

@testable import TsuzuriTraining

struct BidirectionalTrainingTests {
  let path = NSTemporaryDirectory() + "tsuzuri-bidirectional-\(UUID().uuidString)"

  /// So many ids, each of 16 as likely as any other, after an `<eos>`.
  private func uniformText(_ count: Int, training: Int) -> TrainingText {
    var generator = CounterBasedGenerator(seed: 77)
    let letters = (0..<count).map { (_: Int) -> Int32 in Int32.random(in: 1...16, using: &generator) }
    let tokens = TokenArray([0] + letters)
    return TrainingText(
      tokens: tokens, trainingRange: 0..<training,
      validation: .init(tokens: tokens, range: training..<count + 1, utf8Count: count + 1 - training))
  }

  /// Nothing on either side tells of a letter, so nobody can be surer of it than 1 in 16: a model that saw its answer would
  /// be, after a moment.
  @Test func onUniformLettersThePseudoPerplexityStaysAtTheirNumber() throws {
    let shape = ModelConfiguration(
      vocabularySize: 17, embeddingSize: 8, hiddenSize: 16, layers: 2, isBidirectional: true)
    let text = uniformText(40_000, training: 30_000)
    let options = TrainingConfiguration(
      batchSize: 16, sequenceLength: 32, learningRate: 0.005, epochs: 6, maximumSteps: 300)
    let trainer = try Trainer(text: text, model: shape, configuration: options)
    let result = try trainer.run()
    let pseudo = exp(result.validationLoss ?? .nan)
    // 10,001 letters: the mean loss of a model that guesses varies by less than 0.01, and 300 steps leave it a little worse
    // than the best guess.
    #expect((15.9...16.5).contains(pseudo), "pseudo-perplexity \(pseudo)")
    #expect(exp(result.trainingLoss ?? .nan) > 15.7)
  }

  /// A letter that stands between two copies of itself is known from both sides, half as well from one.
  @Test func bothSidesKnowMoreThanOne() throws {
    var generator = CounterBasedGenerator(seed: 5)
    // Of three tokens, the middle one is the sum of its neighbours: neither of them alone tells anything.
    let ids = (0..<4000).flatMap { (_: Int) -> [Int32] in
      let (a, b) = (Int32.random(in: 0..<5, using: &generator), Int32.random(in: 0..<5, using: &generator))
      return [a + 1, (a + b) % 5 + 6, b + 11]
    }
    let tokens = TokenArray([0] + ids)
    let text = TrainingText(
      tokens: tokens, trainingRange: 0..<10_000,
      validation: .init(tokens: tokens, range: 10_000..<12_001, utf8Count: nil))
    let shape = ModelConfiguration(
      vocabularySize: 16, embeddingSize: 16, hiddenSize: 32, layers: 1, isBidirectional: true)
    let trainer = try Trainer(
      text: text, model: shape,
      configuration: TrainingConfiguration(
        batchSize: 8, sequenceLength: 30, learningRate: 0.01, epochs: 12))
    let result = try trainer.run()
    let scorer = BidirectionalScorer(model: trainer.bestModel)
    var (joint, forward, backward, count) = (0.0, 0.0, 0.0, 0.0)
    let add = { (losses: BidirectionalScorer.Losses) in
      joint += Double(losses.joint)
      forward += Double(losses.forward)
      backward += Double(losses.backward)
      count += 1
    }
    try scorer.score(try tokens.tokens(in: 10_000..<12_001), add)
    try scorer.finish(add)
    #expect(abs(joint / count - (result.validationLoss ?? .nan)) < 1e-9, "validation measures the joint loss")
    // Of each three tokens one direction can know one at best; both know the middle one and, by it, the others.
    let oneSided = 2 * log(5.0) / 3
    #expect(forward / count > oneSided - 0.05 && backward / count > oneSided - 0.05)
    #expect(joint / count < 0.6 * oneSided, "joint \(joint / count), forward \(forward / count)")
  }

  @Test(arguments: [1, 9, 20])
  func aRunThatIsStoppedAndResumedEndsInTheSameBytes(stopAfter: Int) throws {
    let shape = ModelConfiguration(
      vocabularySize: 257, embeddingSize: 5, hiddenSize: 9, layers: 2, dropout: 0.2, isBidirectional: true)
    let options = TrainingConfiguration(
      batchSize: 3, sequenceLength: 7, learningRate: 0.01, epochs: 2, checkpointInterval: .steps(4), reportInterval: 3,
      shares: 2)
    let text = uniformText(400, training: 330)
    func run(resumes: Bool = false, threads: Int, stopAfter: Int = .max) throws -> TrainingResult {
      let tokenizer = try Tokenizer(
        vocabulary: .bytes, configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .byte)))
      let trainer = try Trainer(
        text: text, model: shape, configuration: options,
        destination: .init(
          folder: ModelFolder(path), tokenizer: tokenizer, record: TrainingRecord(corpus: [], validation: "")),
        resumes: resumes, threads: threads)
      defer { trainer.close() }
      var taken = 0
      return try trainer.run(onEvent: { if case .stepped = $0 { taken += 1 } }, shouldStop: { taken >= stopAfter })
    }
    func weights() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path + "/model.safetensors")) }
    let whole = try run(threads: 1)
    let expected = try weights()
    #expect(try run(threads: 2, stopAfter: stopAfter).steps == stopAfter)
    let resumed = try run(resumes: true, threads: 3)
    #expect(resumed.steps == whole.steps && resumed.validationLoss == whole.validationLoss)
    #expect(try weights() == expected)
    try FileManager.default.removeItem(atPath: path)
  }

  @Test func theOtherDirectionIsNotForgottenByAResumedRun() throws {
    let shape = ModelConfiguration(
      vocabularySize: 17, embeddingSize: 5, hiddenSize: 9, layers: 1, isBidirectional: true)
    let options = TrainingConfiguration(batchSize: 3, sequenceLength: 7, epochs: 1)
    let tokenizer = try Tokenizer(
      vocabulary: Vocabulary(kind: .closed, texts: (0..<15).map { Array("w\($0)".utf8) }),
      configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .whitespace)))
    let destination = Trainer.Destination(
      folder: ModelFolder(path), tokenizer: tokenizer, record: TrainingRecord(corpus: [], validation: ""))
    let text = uniformText(400, training: 330)
    let first = try Trainer(text: text, model: shape, configuration: options, destination: destination)
    _ = try first.run(shouldStop: { true })
    first.close()
    var other = shape
    other.isBidirectional = false
    #expect(throws: (any Error).self) {
      _ = try Trainer(text: text, model: other, configuration: options, destination: destination, resumes: true)
    }
    try FileManager.default.removeItem(atPath: path)
  }
}
