import Testing
import TsuzuriModel
import TsuzuriText

@testable import TsuzuriGeneration

/// Turn by turn, with the state carried.
@Suite struct WritingSessionTests {
  private static let letters = ["a", "b", "c", "d"]
  private static let tokenizer = Result { try TestText.tokenizer(.character, letters) }
  private static let network = Result {
    try LanguageModel(
      untrained: ModelConfiguration(vocabularySize: 261, embeddingSize: 7, hiddenSize: 21, layers: 2), seed: 3)
  }
  private static func options(_ maxTokens: Int = 12) throws -> GenerationOptions {
    GenerationOptions(
      rules: try SamplingRules(
        temperature: 0.9, frequencyPenalty: 0.3, logitBias: (1...256).map { LogitBias(token: $0, value: -.infinity) }),
      maxTokens: maxTokens, minTokens: maxTokens, bannedTexts: ["ca"])
  }
  private func session(seed: UInt64 = 5) throws -> WritingSession {
    try WritingSession(model: Self.network.get(), tokenizer: Self.tokenizer.get(), seed: seed, threads: 1)
  }

  @Test func theFirstTurnIsWhatAGeneratorWrites() throws {
    var options = try Self.options()
    options.seed = 5
    let expected = try TextGenerator(
      model: Self.network.get(), tokenizer: Self.tokenizer.get(), prompt: "abc", options: options
    ).run()[0]
    var streamed = ""
    let sample = try session().write(after: "abc", options: options) { streamed += $0 }
    #expect(sample == expected)
    #expect(streamed == sample.text)
  }

  /// Two turns with nothing between them are one text, to the last bit.
  @Test func theStateTheRulesAndTheDrawsAreCarriedOver() throws {
    let whole = try session().write(after: "abc", options: Self.options(20))
    let parts = try session()
    let first = try parts.write(after: "abc", options: Self.options(8))
    let second = try parts.write(after: "", options: Self.options(12))
    #expect(first.text + second.text == whole.text)
    #expect(abs(first.logProbability + second.logProbability - whole.logProbability) < 1e-9)
  }

  @Test func aPieceIsReadBehindWhatWasWritten() throws {
    let parts = try session()
    let first = try parts.write(after: "ab", options: Self.options(6))
    let second = try parts.write(after: "dd", options: Self.options(6))
    // The model that has read all of it finds the second text as likely as the session did.
    let tokenizer = try Self.tokenizer.get()
    let alone = InferenceSession(model: try Self.network.get(), threads: 1)
    try alone.feedPrompt([0] + tokenizer.encode("ab" + first.text + "dd"))
    var expected = 0.0
    for id in try tokenizer.encode(second.text) {
      expected += alone.logits.logProbability(of: id)
      try alone.feed([id])
    }
    #expect(second.logProbability == expected)
    // A ban that begins in the text before holds, too, and so does one that begins in the piece.
    for piece in ["c", "dc"] {
      let sample = try parts.write(after: piece, options: Self.options(6))
      #expect(!(piece + sample.text).contains("ca"))
    }
  }

  @Test func aResetForgetsTheTextAndNotTheDraws() throws {
    let used = try session()
    let first = try used.write(after: "abc", options: Self.options())
    try used.write(after: "dd", options: Self.options())
    try used.reset()
    let again = try used.write(after: "abc", options: Self.options())
    #expect(again.text != first.text)
    try used.reset()
    used.draw(fromSeed: 5)
    #expect(try used.write(after: "abc", options: Self.options()) == first)
  }

  @Test func whoStopsATextGoesOnFromThere() throws {
    let whole = try session().write(after: "abc", options: Self.options(20))
    let stopped = try session()
    var asked = 0
    let options = try Self.options(20)
    let first = try stopped.write(
      after: "abc", options: options,
      isStopped: {
        asked += 1
        return asked > 7
      }
    ) { _ in }
    #expect(first.finishReason == .interrupted && first.tokens == 7)
    #expect(whole.text.hasPrefix(first.text))
    let rest = try stopped.write(after: "", options: Self.options(13))
    #expect(first.text + rest.text == whole.text)
    // Before the first token: nothing is lost.
    let late = try session()
    #expect(try late.write(after: "abc", options: options, isStopped: { true }, { _ in }).text == "")
    #expect(try late.write(after: "", options: options).text == whole.text)
    // Nor where nothing may be written.
    let silent = try session()
    #expect(try silent.write(after: "abc", options: GenerationOptions(maxTokens: 0)).finishReason == .length)
    #expect(try silent.write(after: "", options: options).text == whole.text)
  }

  @Test func behindTheEndANewTextBegins() throws {
    let tokenizer = try Self.tokenizer.get()
    final class Recorder: BranchingModel {
      let script: ScriptedModel
      var read: [[Int32]] = []
      init(_ script: ScriptedModel) { self.script = script }
      var vocabularySize: Int { script.vocabularySize }
      var sequences: Int { 1 }
      var logits: UnsafeBufferPointer<Float> { script.logits }
      func feed(_ ids: [Int32]) throws { try script.feed(ids) }
      func feedPrompt(_ ids: [Int32]) throws {
        read.append(ids)
        if read.count == 1 { try script.feedPrompt(ids) } else { try script.feed([ids[ids.count - 1]]) }
      }
      func begin(_ sequence: Int, with ids: [Int32]) throws { read.append([-1]) }
      func branch(from sources: [Int]) {}
    }
    let ids = try tokenizer.encode("abcd")
    let model = Recorder(ScriptedModel([[ids[0], 0, ids[1], ids[2]]], vocabularySize: 261))
    let session = try WritingSession(model: model, tokenizer: tokenizer)
    let options = GenerationOptions(rules: .greedy, maxTokens: 2)
    #expect(try session.write(after: "d", options: options).finishReason == .endOfText)
    #expect(try session.write(after: "d", options: options).text == "bc")
    try session.reset()
    _ = try? session.write(after: "a", options: options)
    #expect(model.read[0] == [0, ids[3]])
    #expect(model.read[1] == [ids[0]])
    #expect(model.read[2] == [0, ids[3]])
    #expect(model.read[3] == [ids[1]])
    // The last token was not read, and is forgotten with the rest.
    #expect(model.read[4] == [-1] && model.read[5] == [0, ids[0]])
  }

  @Test func wrongTurnsHaveWholeMessages() throws {
    let session = try session()
    func message(_ options: GenerationOptions) -> String? {
      do {
        try session.write(after: "a", options: options)
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(
      message(GenerationOptions(sampleCount: 2)) == "num-samples: expected one text a turn, found 2. "
        + "Leave the option out.")
    #expect(
      message(GenerationOptions(beam: try BeamSearch(width: 2))) == "beam: expected one text a turn, found a search. "
        + "Leave the option out.")
    #expect(
      message(GenerationOptions(maxTokens: -1))
        == "max-tokens: expected a whole number of 0 or more, found -1. 200 is the default.")
  }
}
