import Testing
import Tsuzuri
import _TestSupport

/// What a Swift user does with a plain `import Tsuzuri`.
struct TextModelTests {
  /// A model of a rhyme, small enough to be made in each test.
  private static func rhymeModel(onEvent: (TrainingEvent) throws -> Void = { _ in }) throws -> TextModel {
    try TextModel.train(
      on: String(repeating: "the cat sat on the mat. 猫はマットに座った。\n", count: 60), layers: 1, hiddenSize: 32,
      embeddingSize: 16,
      training: TrainingConfiguration(batchSize: 4, sequenceLength: 16, learningRate: 0.01, epochs: 6),
      onEvent: onEvent)
  }

  @Test func aModelLearnsItsText() throws {
    let model = try Self.rhymeModel()
    let known = try model.evaluate("the cat sat on the mat.")
    // A vocabulary of 284 tokens, equally likely, has a perplexity of 284.
    #expect(known.perplexity < 10)
    #expect(known.tokens == 23 && known.bytes == 23)
    #expect(try model.evaluate("mat the on sat cat the.").perplexity > known.perplexity)
    #expect(try model.evaluate("the dog").unknownTokens == 2, "d and g are not in the text")
  }

  @Test func theSameArgumentsGiveTheSameModelAndEventsTellOfIt() throws {
    var epochs = 0
    let one = try Self.rhymeModel { if case .epochEnded = $0 { epochs += 1 } }
    let other = try Self.rhymeModel()
    #expect(epochs == 6)
    for slice in one.model.layout.slices {
      #expect(one.model.values(of: slice.name) == other.model.values(of: slice.name))
    }
    #expect(one.description.training?.validationLoss != nil)
  }

  @Test func textComesInPiecesAndTheSameSeedWritesTheSame() async throws {
    let model = try Self.rhymeModel()
    let generator = try model.generate(prompt: "猫", options: GenerationOptions(maxTokens: 40, seed: 3))
    var text = ""
    for try await piece in generator { text += piece.text }
    #expect(!text.isEmpty)
    #expect(try generator.run().map(\.text) == [text])
  }

  @Test func aCancelledTaskWritesNoMore() async throws {
    let model = try Self.rhymeModel()
    let writing = Task {
      for try await _ in try model.generate(options: GenerationOptions(maxTokens: .max)) {}
    }
    writing.cancel()
    await #expect(throws: CancellationError.self) { try await writing.value }
  }

  @Test func aCancelledTaskTrainsNoMore() async throws {
    let training = Task {
      try TextModel.train(
        on: String(repeating: "la ", count: 4000), training: TrainingConfiguration(epochs: 1_000_000))
    }
    training.cancel()
    await #expect(throws: CancellationError.self) { try await training.value }
  }

  @Test func whatWasWrittenToAFolderIsReadAgain() throws {
    let folder = try TestFolder()
    let model = try Self.rhymeModel()
    try ModelFolder(folder["model"]).write(model)
    let again = try ModelFolder(folder["model"]).load()
    #expect(again.description == model.description)
    #expect(again.tokenizer.vocabulary == model.tokenizer.vocabulary)
    #expect(try again.evaluate("the mat") == model.evaluate("the mat"))
  }

  @Test func whatIsWrongWithAFileCanBeTold() throws {
    let folder = try TestFolder()
    try ModelFolder(folder["model"]).write(Self.rhymeModel())
    try folder.write("model/model.safetensors", "no weights")
    do {
      _ = try ModelFolder(folder["model"]).load()
      Issue.record("weights that are none were taken")
    } catch ArchiveError.malformed(let path, _, _, let found) {
      #expect(path == folder["model/model.safetensors"] && !found.isEmpty)
    }
  }

  @Test func aTextThatIsTooShortIsRefusedWithAdvice() {
    #expect {
      try TextModel.train(on: "short", validation: 0)
    } throws: {
      "\($0)"
        == "the training text has 6 tokens, but one window of 64 tokens in each of 32 lanes takes 2049. "
        + "Give more text, or a smaller batch size or sequence length."
    }
  }
}
