import Foundation
import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// What `evaluate` and validation measure a bidirectional model by.
struct BidirectionalScorerTests {
  static let shape = ModelConfiguration(
    vocabularySize: 11, embeddingSize: 5, hiddenSize: 7, layers: 2, isBidirectional: true)
  let model: LanguageModel
  let text: [Int32] = (0..<23).map { (n: Int) -> Int32 in Int32((n * n + n / 3) % 10 + 1) }

  init() throws { model = try LanguageModel(untrained: Self.shape, seed: 8) }

  private func losses(
    _ parts: [[Int32]], window: Int, scoresEndOfText: Bool = false
  ) throws -> [BidirectionalScorer.Losses] {
    let scorer = BidirectionalScorer(model: model, scoresEndOfText: scoresEndOfText, window: window)
    var losses: [BidirectionalScorer.Losses] = []
    for part in parts { try scorer.score(part) { losses.append($0) } }
    try scorer.finish { losses.append($0) }
    return losses
  }

  /// If a prediction leaned on the token that it predicts, the probabilities of all tokens in its place would not make 1.
  @Test(arguments: [1, 2, 5, 8, 100])
  func theProbabilitiesOfAllTokensInAPlaceMakeOne(window: Int) throws {
    for place in text.indices {
      var (joint, forward, backward) = (0.0, 0.0, 0.0)
      for id in 0..<Int32(11) {
        var changed = text
        changed[place] = id
        let found = try losses([changed], window: window, scoresEndOfText: true)[place]
        joint += exp(-Double(found.joint))
        forward += exp(-Double(found.forward))
        backward += exp(-Double(found.backward))
      }
      for sum in [joint, forward, backward] { #expect(abs(sum - 1) < 1e-5, "place \(place)") }
    }
  }

  @Test(arguments: [1, 4, 23, 100])
  func howTheTextIsCutMakesNoDifference(window: Int) throws {
    let whole = try losses([text], window: window)
    #expect(whole.count == text.count)
    #expect(try losses([Array(text[..<3]), [], Array(text[3..<4]), Array(text[4...])], window: window) == whole)
  }

  /// The forward state crosses the edges of windows, and the backward stack begins anew there.
  @Test func onlyWhatStandsInTheWindowIsSeenOnTheRight() throws {
    let before = try losses([text], window: 8)
    var changed = text
    changed[8] = 11 - changed[8]
    let after = try losses([changed], window: 8)
    for place in 0..<8 { #expect(before[place] == after[place]) }
    #expect(before[9].forward != after[9].forward)
    for place in 16..<23 {
      #expect(before[place].forward != after[place].forward)
      #expect(before[place].backward == after[place].backward)
    }
    // The last place of a window is predicted from its left alone.
    for place in [7, 15, 22] { #expect(abs(before[place].joint - before[place].forward) < 1e-6) }
    let bias = model.values(of: "output.bias")
    let normalizer = log(bias.map { exp(Double($0)) }.reduce(0, +))
    for place in [7, 15, 22] {
      #expect(abs(Double(before[place].backward) - normalizer + Double(bias[Int(text[place])])) < 1e-5)
    }
  }

  @Test func theForwardLossesAreThoseOfTheForwardStackAlone() throws {
    let alone = try SequenceScorer(model: model).score(text)
    for (a, b) in zip(try losses([text], window: 6), alone) { #expect(abs(a.forward - b) < 1e-5) }
  }

  @Test func anEndOfTextIsReadAndNotScored() throws {
    var text = text
    text[5] = 0
    let found = try losses([text], window: 8)
    #expect(found[5] == BidirectionalScorer.Losses(joint: 0, forward: 0, backward: 0))
    #expect(try losses([text], window: 8, scoresEndOfText: true)[5].joint > 0)
    #expect(throws: ModelError.tokenOutOfRange(id: 11, vocabularySize: 11)) { _ = try losses([[1, 11]], window: 8) }
  }

  /// Names as the contract has them; each stack is a model of one direction when its prefix is taken away.
  @Test func eachStackCanBeLoadedAlone() throws {
    var single = Self.shape
    single.isBidirectional = false
    let layout = ParameterLayout(single)
    let names = Set(model.layout.slices.map(\.name))
    var expected: Set = ["embedding.weight", "output.forward.weight", "output.backward.weight", "output.bias"]
    for stack in ["forward.", "backward."] {
      for slice in layout.slices where slice.name.hasPrefix("rnn.") {
        expected.insert(stack + slice.name)
        #expect(model.layout[stack + slice.name].shape == slice.shape)
      }
    }
    #expect(names == expected)
    for (direction, stack) in [("forward", DirectedSession.Direction.forward), ("backward", .backward)] {
      let parameters = FloatBuffer(count: layout.bufferCount)
      for slice in layout.slices {
        var name = slice.name
        if name.hasPrefix("rnn.") { name = "\(direction).\(name)" }
        if name == "output.weight" { name = "output.\(direction).weight" }
        for (i, value) in model.values(of: name).enumerated() { parameters.pointer[slice.offset + i] = value }
      }
      let alone = LanguageModel(single, layout: layout, parameters: parameters)
      let session = InferenceSession(model: alone)
      try session.feedPrompt(text)
      let directed = DirectedSession(model: model, direction: stack)
      directed.feed(toAll: text)
      let weight = model.values(of: "output.\(direction).weight")
      let bias = model.values(of: "output.bias")
      for (id, logit) in session.logits.enumerated() {
        var own: Float = bias[id]
        for j in 0..<7 { own += weight[id * 7 + j] * directed.features[j] }
        #expect(abs(own - logit) < 1e-5)
      }
    }
  }

  @Test func aBranchGoesOnWhereItsParentStands() {
    let session = DirectedSession(model: model, direction: .forward, sequences: 2)
    session.feed(toAll: [0, 3])
    session.feed([4, 5])
    let branch = session.branch(from: [1, 0, 1])
    branch.feed([6, 6, 7])
    let direct = [[0, 3, 5, 6], [0, 3, 4, 6], [0, 3, 5, 7]].map { (tokens: [Int32]) -> [Float] in
      let session = DirectedSession(model: model, direction: .forward)
      session.feed(toAll: tokens)
      return session.features
    }
    for (a, b) in zip(branch.features, direct.joined()) { #expect(abs(a - b) < 1e-6) }
  }

  @Test func impossibleShapesAreRefused() {
    var tied = Self.shape
    tied.embeddingSize = 7
    tied.tiesEmbeddings = true
    #expect(
      #expect(throws: ModelError.self) { try tied.validate() }?.description
        == "the model's tied embeddings: expected none in a bidirectional model, whose output has a matrix for each "
        + "direction, found true.")
    var deep = Self.shape
    deep.layers = 33
    #expect(
      #expect(throws: ModelError.self) { try deep.validate() }?.description
        == "the model's layers: expected 1 to 32 in each of two stacks, found 33.")
  }
}
