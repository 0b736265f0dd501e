import Foundation
import Testing
import TsuzuriArchive
import TsuzuriData
import TsuzuriEvaluation
import TsuzuriKernels
import TsuzuriModel
import _TestSupport

@testable import TsuzuriTraining

/// Dynamic evaluation against PyTorch (`Tests/Reference/adaptation.py`).
struct DynamicScorerTests {
  static func references() throws -> [DynamicReference] {
    try ReferenceValues.cases(DynamicReference.self, named: "dynamic", in: .module)
  }

  static func statistics(_ reference: DynamicReference, shares: Int = 1, threads: Int = 1) throws -> GradientStatistics
  {
    let tokens = LaneTokens(lanes: reference.lanes)
    return try #require(
      try GradientStatistics(
        of: LanguageModel(reference), on: tokens, lanes: reference.lanes.count, window: reference.laneWindow,
        shares: shares, threads: threads))
  }

  private func scorer(
    _ reference: DynamicReference, rate: Double? = nil, scoresEndOfText: Bool = false, threads: Int = 1
  ) throws -> DynamicScorer {
    DynamicScorer(
      model: LanguageModel(reference), statistics: try Self.statistics(reference),
      options: .init(
        window: reference.window, rate: rate ?? reference.rate, decay: reference.decay, epsilon: reference.epsilon),
      scoresEndOfText: scoresEndOfText, threads: threads)
  }

  @Test(arguments: try references(), [1, 3])
  func statisticsEqualPyTorch(reference: DynamicReference, shares: Int) throws {
    let statistics = try Self.statistics(reference, shares: shares, threads: 2)
    for tensor in reference.tensors {
      let expected = try #require(reference.statistics[tensor.name])
      let found = statistics.values(of: tensor.name)
      #expect(found.count == expected.count)
      for (a, b) in zip(found, expected) { #expect(abs(Double(a) - b) < 1e-8 + 2e-5 * b, "\(tensor.name)") }
    }
    #expect(abs(statistics.mean - reference.mean) < 1e-8)
  }

  /// With a rate of 0 the weights stay, and every kind of model scores as it does by itself: states, lines, learned beginnings,
  /// windows and parts of them.
  @Test(arguments: [
    ModelConfiguration(cell: .gru, vocabularySize: 9, embeddingSize: 4, hiddenSize: 6, layers: 2),
    ModelConfiguration(vocabularySize: 9, embeddingSize: 4, hiddenSize: 6, layers: 1, resetTokens: [3]),
    ModelConfiguration(
      vocabularySize: 9, embeddingSize: 4, hiddenSize: 6, layers: 2, learnsInitialState: true, resetTokens: [3]),
    ModelConfiguration(vocabularySize: 9, embeddingSize: 4, hiddenSize: 16, layers: 1, adaptiveCutoffs: [3, 6]),
    ModelConfiguration(
      vocabularySize: 9, embeddingSize: 4, hiddenSize: 6, layers: 1, tiesEmbeddings: true, dropout: 0.5),
  ])
  func withoutARateTheLossesAreThoseOfTheModel(shape: ModelConfiguration) throws {
    let layout = ParameterLayout(shape)
    let parameters = FloatBuffer(count: layout.bufferCount)
    for i in 0..<parameters.count { parameters.pointer[i] = Float(i * 7919 % 1013) / 700 - 0.7 }
    let model = LanguageModel(shape, layout: layout, parameters: parameters)
    let text = (0..<53).map { (n: Int) -> Int32 in Int32((n * n + n / 3) % 9) }
    let statistics = try #require(try GradientStatistics(of: model, on: TokenArray(text), lanes: 3))
    let scorer = DynamicScorer(model: model, statistics: statistics, options: .init(window: 5, rate: 0))
    let expected: [Float] = try SequenceScorer(model: model).score(text)
    let still: [Float] = try scorer.score(text)
    for (found, loss) in zip(still, expected) { #expect(abs(found - loss) < 1e-5) }
    // And with one they move.
    let moving = DynamicScorer(model: model, statistics: statistics, options: .init(window: 5, rate: 0.01))
    let moved: [Float] = try moving.score(text)
    #expect(zip(moved, expected).prefix(5).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(zip(moved, expected).contains { abs($0 - $1) > 1e-3 })
  }

  @Test(arguments: try references(), [1, 3])
  func lossesAndWeightsEqualPyTorch(reference: DynamicReference, threads: Int) throws {
    let scorer = try scorer(reference, threads: threads)
    let losses = try scorer.score(reference.text)
    #expect(losses.count == reference.losses.count)
    // The weights' last digits go on from window to window.
    for (found, expected) in zip(losses, reference.losses) { #expect(abs(Double(found) - expected) < 5e-5) }
    let model = scorer.adaptedModel
    for tensor in reference.tensors {
      let sum = model.values(of: tensor.name).reduce(0.0) { $0 + Double($1) }
      #expect(abs(sum - (try #require(reference.parameterSums[tensor.name]))) < 1e-4, "\(tensor.name)")
    }
    scorer.reset()
    #expect(try scorer.score(reference.text) == losses)
  }

  @Test(arguments: try references())
  func howATextIsCutMakesNoDifference(reference: DynamicReference) throws {
    let losses = try scorer(reference).score(reference.text)
    let cut = try scorer(reference)
    let parts = try [0..<1, 1..<1, 1..<3, 3..<13, 13..<46].flatMap { try cut.score(Array(reference.text[$0])) }
    for (a, b) in zip(losses, parts) { #expect(abs(a - b) < 2e-5) }
  }

  @Test func nothingBeforeATokenDependsOnIt() throws {
    let reference = try #require(try Self.references().last)
    let losses = try scorer(reference).score(reference.text)
    for place in [1, 7, 30] {
      var other = reference.text
      for index in place..<other.count { other[index] = other[index] % 10 + 1 }
      let found = try scorer(reference).score(other)
      #expect(found[..<place] == losses[..<place])
      #expect(found[place] != losses[place])
    }
  }

  @Test func withoutARateItIsTheModelItself() throws {
    let reference = try #require(try Self.references().first)
    let plain = try SequenceScorer(model: LanguageModel(reference)).score(reference.text)
    let found = try scorer(reference, rate: 0).score(reference.text)
    for (a, b) in zip(plain, found) { #expect(abs(a - b) < 2e-6) }
    let learnt = try scorer(reference).score(reference.text)
    #expect(learnt.prefix(5).elementsEqual(found.prefix(5)))
    #expect(zip(learnt, found).dropFirst(5).allSatisfy { $0 != $1 })
  }

  @Test func anUnscoredEndIsLearntFromAndNotScored() throws {
    let reference = try #require(try Self.references().first)
    var text = reference.text
    text[8] = 0
    let found = try scorer(reference).score(text)
    let scored = try scorer(reference, scoresEndOfText: true).score(text)
    #expect(found[8] == 0 && scored[8] > 0)
    #expect(found[9...] == scored[9...])
    #expect(throws: ModelError.tokenOutOfRange(id: -1, vocabularySize: 11)) { try scorer(reference).score([-1]) }
  }

  /// A cache over it keeps the states that the moving weights made.
  @Test func aCacheCanStandOverIt() throws {
    let reference = try #require(try Self.references().first)
    let plain = try scorer(reference).score(reference.text)
    let silent = try CacheScorer(try scorer(reference), options: .init(size: 6, theta: 1, lambda: 0))
      .score(reference.text)
    for (a, b) in zip(plain, silent) { #expect(abs(a - b) < 2e-6) }
    let options = CacheScorer.Options(size: 6, theta: 1, lambda: 0.3)
    let over = try CacheScorer(try scorer(reference, rate: 0), options: options).score(reference.text)
    let cache = try CacheScorer(model: LanguageModel(reference), options: options).score(reference.text)
    for (a, b) in zip(over, cache) { #expect(abs(a - b) < 1e-5) }
    let both = try CacheScorer(try scorer(reference), options: options).score(reference.text)
    #expect(zip(both, cache).dropFirst(5).contains { abs($0 - $1) > 1e-3 })
    // Neither sees what has not been scored: another future, and nothing before it moves.
    for place in [1, reference.text.count / 2, reference.text.count - 1] {
      let other = reference.text[..<place] + reference.text[place...].map { ($0 + 3) % 11 }
      let changed = try CacheScorer(try scorer(reference), options: options).score(Array(other))
      #expect(changed.prefix(place) == both.prefix(place))
      #expect(changed != both)
    }
  }

  @Test(arguments: KernelSet.available, [0, 1, 7, 64, 65])
  func kernelsEqualThePlainLoop(kernels: KernelSet, count: Int) throws {
    let configuration = ModelConfiguration(vocabularySize: 1)
    let (trained, roots) = (FloatBuffer(count: count), FloatBuffer(count: count))
    for i in 0..<count {
      (trained.pointer[i], roots.pointer[i]) = (Float(sin(Double(i))), Float(i % 5) * 0.01)
    }
    let statistics = GradientStatistics(roots: roots, tokensPerGradient: 1, configuration: configuration)
    func result(_ kernels: KernelSet?) -> [Float] {
      let rule = DynamicRule(
        trained: trained, statistics: statistics, options: .init(rate: 0.1, decay: 0.7, epsilon: 0.01), kernels: kernels
      )
      var parameters = OptimizerFormula.parameters(count)
      for step in 0..<3 {
        rule.step(
          &parameters, OptimizerFormula.gradients(count, step: step), learningRate: 0.1, cuts: count > 7 ? [5, 6] : [])
      }
      return parameters
    }
    for (a, b) in zip(result(kernels), result(nil)) { #expect(abs(a - b) <= 1e-6 + 1e-6 * abs(b)) }
  }
}

struct GradientStatisticsTests {
  @Test func aFileHasTheModelsTensors() throws {
    let reference = try #require(try DynamicScorerTests.references().first)
    let folder = try TestFolder()
    let path = folder["statistics.safetensors"]
    let (model, statistics) = (LanguageModel(reference), try DynamicScorerTests.statistics(reference))
    try statistics.write(to: path)
    let file = try SafetensorsFile(path: path)
    for tensor in reference.tensors { #expect(try file.tensor(tensor.name).shape == tensor.shape) }
    let read = try GradientStatistics(contentsOf: path, configuration: model.configuration)
    #expect(read.mean == statistics.mean)
    for tensor in reference.tensors { #expect(read.values(of: tensor.name) == statistics.values(of: tensor.name)) }
    var other = model.configuration
    other.vocabularySize = 12
    #expect(
      throws: ArchiveError.shapeMismatch(path: path, name: "embedding.weight", expected: [12, 5], found: [11, 5])
    ) {
      try GradientStatistics(contentsOf: path, configuration: other)
    }
  }

  @Test func noDamageIsOtherStatistics() throws {
    let reference = try #require(try DynamicScorerTests.references().first)
    let (model, statistics) = (LanguageModel(reference), try DynamicScorerTests.statistics(reference))
    let folder = try TestFolder()
    try statistics.write(to: folder["statistics.safetensors"])
    let bytes = try folder.bytes("statistics.safetensors")
    for place in bytes.indices {
      let flips = (0..<8).map { bit in
        var damaged = bytes
        damaged[place] ^= 1 << UInt8(bit)
        return damaged
      }
      for content in flips + [Array(bytes[..<place])] {
        let path = try folder.write("statistics.safetensors", content)
        do {
          let read = try GradientStatistics(contentsOf: path, configuration: model.configuration)
          #expect(content.count == bytes.count && read.mean == statistics.mean, "\(place)")
        } catch {
          #expect("\(error)".hasPrefix(path), "\(place): \(error)")
        }
      }
    }
  }

  @Test func aNumberBelowZeroIsRefused() throws {
    let reference = try #require(try DynamicScorerTests.references().first)
    let statistics = try DynamicScorerTests.statistics(reference)
    let folder = try TestFolder()
    let path = folder["statistics.safetensors"]
    let model = LanguageModel(reference)
    statistics.roots.pointer[model.layout["output.bias"].offset] = -1
    try statistics.write(to: path)
    let error = #expect(throws: ModelError.self) {
      try GradientStatistics(contentsOf: path, configuration: model.configuration)
    }
    #expect(
      error?.description == "\(path): the tensor output.bias holds a number below zero, which no root of a mean square "
        + "is. Make the statistics again with 'tsuzuri evaluate --dynamic-statistics'.")
  }

  /// Numbers of another unit would make every rate another one.
  @Test func aFileThatDoesNotTellItsUnitIsRefused() throws {
    let reference = try #require(try DynamicScorerTests.references().first)
    let model = LanguageModel(reference)
    let statistics = try DynamicScorerTests.statistics(reference)
    let folder = try TestFolder()
    let path = folder["statistics.safetensors"]
    let short = try #require(try GradientStatistics(of: model, on: TokenArray([1, 2, 3, 4]), lanes: 5, window: 2))
    #expect(short.tokensPerGradient == 2)
    try withExtendedLifetime(statistics.roots) {
      try model.layout.writer(for: statistics.roots, metadata: ["format": "pt"]).write(to: path)
    }
    let error = #expect(throws: ModelError.self) {
      try GradientStatistics(contentsOf: path, configuration: model.configuration)
    }
    #expect(
      error?.description == "\(path): it does not say of how many tokens each gradient was, by which a rate is told. "
        + "Make the statistics again with 'tsuzuri evaluate --dynamic-statistics'.")
  }

  /// Fewer lanes, a shorter window, and an error where there is nothing to predict.
  @Test func aShortTextIsTakenAsItIs() throws {
    let reference = try #require(try DynamicScorerTests.references().first)
    let model = LanguageModel(reference)
    let short = try #require(try GradientStatistics(of: model, on: TokenArray([1, 2, 3, 4]), lanes: 5, window: 9))
    let same = try #require(try GradientStatistics(of: model, on: TokenArray([1, 2, 3, 4]), lanes: 1, window: 3))
    #expect(short.values(of: "output.bias") == same.values(of: "output.bias") && short.mean > 0)
    #expect(throws: LaneError.self) { try GradientStatistics(of: model, on: TokenArray([1])) }
    #expect(try GradientStatistics(of: model, on: TokenArray([1, 2, 3])) { _ in false } == nil)
  }
}

struct DynamicTuningTests {
  @Test func whatIsFoundIsTheBestOfAllTrials() throws {
    let reference = try #require(try DynamicScorerTests.references().first)
    let statistics = try DynamicScorerTests.statistics(reference)
    var trials: [DynamicScorer.Options: Double] = [:]
    func run(_ rate: Bool, _ decay: Bool) throws -> DynamicScorer.Options {
      trials = [:]
      let tuning = DynamicTuning(
        model: LanguageModel(reference), statistics: statistics, from: .init(window: 5, rate: 0.001, decay: 0.01),
        findsRate: rate, findsDecay: decay)
      return try tuning.run(onTrial: { trials[$0] = $1 }) { take in
        try take(Array(reference.text[..<20]))
        try take(Array(reference.text[20...]))
      }
    }
    for (rate, decay) in [(true, true), (true, false), (false, true)] {
      let best = try run(rate, decay)
      #expect(trials[best] == trials.values.min())
      #expect(trials.count > 2)
      #expect((best.rate == 0.001) == !rate && (decay || best.decay == 0.01))
      let scorer = DynamicScorer(model: LanguageModel(reference), statistics: statistics, options: best)
      let mean = try scorer.score(reference.text).reduce(0) { $0 + Double($1) } / Double(reference.text.count)
      #expect(abs(mean - (try #require(trials[best]))) < 1e-5)
    }
    _ = try run(false, false)
    #expect(trials.isEmpty)
  }
}

extension LanguageModel {
  /// The model of a reference.
  convenience init(_ reference: some LanguageModelReference) {
    let configuration = ModelConfiguration(
      vocabularySize: reference.vocabularySize, embeddingSize: reference.embeddingSize,
      hiddenSize: reference.hiddenSize, layers: reference.layerCount, tiesEmbeddings: reference.isTied)
    let layout = ParameterLayout(configuration)
    let parameters = FloatBuffer(count: layout.bufferCount)
    for tensor in reference.parameters {
      let slice = layout[tensor.name]
      for (i, value) in tensor.values.enumerated() { parameters.pointer[slice.offset + i] = Float(value) }
    }
    self.init(configuration, layout: layout, parameters: parameters)
  }
}
