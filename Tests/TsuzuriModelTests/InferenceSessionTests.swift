import Testing
import TsuzuriArchive
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// A model that is only used: its logits depend on the tokens fed, and on nothing else.
struct InferenceSessionTests {
  /// Large enough that threads share its products.
  private static let model = try? LanguageModel(
    untrained: ModelConfiguration(vocabularySize: 700, embeddingSize: 130, hiddenSize: 280, layers: 2), seed: 3)

  private func models() throws -> [LanguageModel] {
    let model = try #require(Self.model)
    let models = [model, model.quantized()]
    #expect(models.allSatisfy { $0.isWorthSharing })
    return models
  }

  private let tokens: [Int32] = [5, 699, 0, 5, 31, 32, 33, 5, 600, 1]

  private func logits(_ session: InferenceSession) throws -> [Float] {
    for token in tokens { try session.feed([Int32](repeating: token, count: session.sequences)) }
    return Array(session.logits)
  }

  @Test(arguments: [2, 3, 17])
  func theBitsDoNotDependOnTheSequencesBesideIt(sequences: Int) throws {
    for model in try models() {
      let alone = try logits(InferenceSession(model: model, threads: 1))
      let together = try logits(InferenceSession(model: model, sequences: sequences, threads: 1))
      for n in 0..<sequences { #expect(Array(together[n * 700..<(n + 1) * 700]) == alone) }
    }
  }

  /// With so many tokens no table of products is kept; the sequences read one token at first, and then different ones.
  @Test func theBitsOfALargeVocabularyDoNotDependOnTheSequencesBesideIt() throws {
    let configuration = ModelConfiguration(
      vocabularySize: 70_000, embeddingSize: 24, hiddenSize: 256, layers: 1, tiesEmbeddings: true)
    let model = try LanguageModel(untrained: configuration, seed: 3)
    let V = configuration.vocabularySize
    for model in [model, model.quantized()] {
      let (alone, together) = (
        InferenceSession(model: model, threads: 1), InferenceSession(model: model, sequences: 8, threads: 1)
      )
      for token in [5, 69_999, 0] as [Int32] {
        try alone.feed([token])
        try together.feed([Int32](repeating: token, count: 8))
      }
      for n in 0..<8 { #expect(Array(together.logits[n * V..<(n + 1) * V]) == Array(alone.logits)) }
      try alone.feed([7])
      try together.feed([1, 2, 3, 4, 5, 6, 7, 8])
      #expect(Array(together.logits[6 * V..<7 * V]) == Array(alone.logits))
    }
  }

  @Test(arguments: [2, 5])
  func theBitsDoNotDependOnTheThreads(threads: Int) throws {
    for model in try models() {
      let alone = try logits(InferenceSession(model: model, threads: 1))
      #expect(try logits(InferenceSession(model: model, threads: threads)) == alone)
    }
  }

  /// So many that each thread has some of its own.
  @Test(arguments: [2, 3])
  func theBitsDoNotDependOnWhoseSequencesTheyAre(threads: Int) throws {
    for model in try models() {
      let (one, several) = (
        InferenceSession(model: model, sequences: 29, threads: 1),
        InferenceSession(model: model, sequences: 29, threads: threads)
      )
      for session in [one, several] {
        try session.feedPrompt(tokens)
        try session.feed((0..<29).map { Int32($0 * 7) })
        try session.feed((0..<29).map { Int32(680 - $0 * $0 % 31) })
      }
      #expect(Array(several.logits) == Array(one.logits))
      #expect(several.state == one.state)
      let row = { (n: Int) in Array(one.logits[n * 700..<(n + 1) * 700]) }
      #expect(row(3) != row(28))
      several.reset()
      several.state = one.state
      for session in [one, several] { try session.feed((0..<29).map { Int32($0) }) }
      #expect(Array(several.logits) == Array(one.logits))
    }
  }

  /// The first prompt is computed once for all sequences; a second one, after they have parted, for each.
  @Test func aPromptLeavesEverySequenceAsIfItsTokensWereFedToEach() throws {
    for model in try models() {
      let (prompted, fed) = (
        InferenceSession(model: model, sequences: 5, threads: 2),
        InferenceSession(model: model, sequences: 5, threads: 1)
      )
      for part in [tokens.prefix(3), tokens.dropFirst(3)] {
        try prompted.feedPrompt(Array(part))
        for token in part { try fed.feed([Int32](repeating: token, count: 5)) }
        #expect(Array(prompted.logits) == Array(fed.logits))
        #expect(prompted.state == fed.state)
      }
      for session in [prompted, fed] {
        try session.feed([4, 8, 15, 16, 23])
        try session.feedPrompt([42, 7])
      }
      #expect(Array(prompted.logits) == Array(fed.logits))
      #expect(prompted.state == fed.state)
      prompted.reset()
      try prompted.feedPrompt(tokens)
      fed.reset()
      for token in tokens { try fed.feed([Int32](repeating: token, count: 5)) }
      #expect(Array(prompted.logits) == Array(fed.logits))
    }
  }

  @Test func aPromptFedAtOnceLeavesTheBitsOfOneFedTokenByToken() throws {
    for model in try models() {
      let (one, whole) = (InferenceSession(model: model), InferenceSession(model: model))
      let expected = try logits(one)
      try whole.feedPrompt(tokens)
      #expect(Array(whole.logits) == expected)
      #expect(whole.state == one.state)
    }
  }

  /// The look-up of the first layer's products against the product itself.
  @Test func theTableHoldsTheProductsOfTheEmbeddings() throws {
    for model in try models() {
      let (looked, direct) = (
        WindowPass(model.prepared, maximumTime: 10, lanes: 1), WindowPass(model.prepared, maximumTime: 10, lanes: 1)
      )
      direct.allowsLookup = false
      for pass in [looked, direct, looked] {
        pass.resetState()
        pass.forward(ids: tokens, time: 10, parameters: model.parameters.pointer)
      }
      for i in 0..<10 * 280 { #expect(looked.features[i] == direct.features[i]) }
    }
  }

  @Test func aQuantizedModelIsCloseToTheOneItCameFrom() throws {
    let (model, quantized) = (try models()[0], try models()[1])
    let (a, b) = (try logits(InferenceSession(model: model)), try logits(InferenceSession(model: quantized)))
    let scale = a.map(abs).max() ?? 1
    for (x, y) in zip(a, b) { #expect(abs(x - y) < 0.05 * scale) }
    #expect(a != b)
    #expect(Double(quantized.bytesPerToken) < 0.27 * Double(model.bytesPerToken))
    #expect(quantized.quantized() === quantized)
  }

  @Test func aQuantizedModelComesBackFromItsFile() throws {
    let folder = try TestFolder()
    let quantized = try models()[1]
    let path = folder["model.safetensors"]
    try quantized.writeWeights(to: path)
    let loaded = try LanguageModel(weightsAt: path, configuration: quantized.configuration)
    #expect(loaded.isQuantized)
    #expect(try logits(InferenceSession(model: loaded)) == logits(InferenceSession(model: quantized)))
    #expect(Array(loaded.parameters.all) == Array(quantized.parameters.all))
    let whole = folder["floats.safetensors"]
    try #require(Self.model).writeWeights(to: whole)
    let sizes = try ["model.safetensors", "floats.safetensors"].map { try Double(folder.bytes($0).count) }
    #expect(sizes[0] < 0.27 * sizes[1])
  }

  @Test func aQuantizedModelWithAnotherShapeOrBadScalesIsRefused() throws {
    let folder = try TestFolder()
    let configuration = ModelConfiguration(vocabularySize: 7, embeddingSize: 3, hiddenSize: 5, layers: 1)
    let model = try LanguageModel(untrained: configuration).quantized()
    let path = folder["model.safetensors"]
    try model.writeWeights(to: path)
    var wider = configuration
    wider.hiddenSize = 6
    #expect(
      throws: ArchiveError.shapeMismatch(path: path, name: "rnn.weight_ih_l0", expected: [24, 3], found: [20, 3])
    ) {
      try LanguageModel(weightsAt: path, configuration: wider)
    }
    model.quantizedWeights?.matrices["output.weight"]?.scales.pointer[2] = .nan
    try model.writeWeights(to: path)
    #expect(throws: ModelError.nonFiniteWeights(file: path, name: "output.weight.scale")) {
      try LanguageModel(weightsAt: path, configuration: configuration)
    }
  }

  /// The others are somewhere else, and more than a window is fed.
  @Test func aSequenceThatBeginsAnewHasTheBitsOfASessionOfItsOwn() throws {
    let long = (0..<75).map { Int32($0 * 9) }
    for model in try models() {
      let alone = InferenceSession(model: model, threads: 1)
      try alone.feedPrompt(long)
      let session = InferenceSession(model: model, sequences: 3, threads: 1)
      try session.feed([5, 6, 7])
      let before = (session.state, Array(session.logits))
      try session.begin(1, with: long)
      #expect(session.state.lane(1) == alone.state)
      #expect(Array(session.logits[700..<1400]) == Array(alone.logits))
      for n in [0, 2] {
        #expect(session.state.lane(n) == before.0.lane(n))
        #expect(Array(session.logits[n * 700..<(n + 1) * 700]) == Array(before.1[n * 700..<(n + 1) * 700]))
      }
      try alone.feed([8])
      try session.feed([1, 8, 2])
      #expect(Array(session.logits[700..<1400]) == Array(alone.logits))
      try session.begin(1, with: [])
      #expect(session.state.lane(1).values.allSatisfy { $0 == 0 })
      #expect(session.logits[700..<1400].allSatisfy { $0 == 0 })
      #expect(throws: ModelError.self) { try session.begin(0, with: [1, 700]) }
    }
  }

  @Test func sequencesGoOnFromEachOther() throws {
    for model in try models() {
      let session = InferenceSession(model: model, sequences: 4, threads: 1)
      try session.feed([5, 6, 7, 8])
      let before = (session.state, Array(session.logits))
      let sources = [2, 0, 2, 3]
      session.branch(from: sources)
      for (n, source) in sources.enumerated() {
        #expect(session.state.lane(n) == before.0.lane(source))
        #expect(Array(session.logits[n * 700..<(n + 1) * 700]) == Array(before.1[source * 700..<(source + 1) * 700]))
      }
      let alone = InferenceSession(model: model, threads: 1)
      try alone.feed([7])
      try alone.feed([9])
      try session.feed([9, 9, 1, 1])
      #expect(Array(session.logits[..<700]) == Array(alone.logits))
    }
  }
}
