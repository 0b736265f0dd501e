import Testing
import _TestSupport

/// Options for large vocabularies that cannot be, or cannot be together.
struct SoftmaxOptionsTests {
  @Test(arguments: [
    (
      ["--adaptive-softmax", "20,10"],
      "--adaptive-softmax: expected none, or 1 to 8 ascending whole numbers such as 2000,10000, found '20,10'."
    ),
    (
      ["--adaptive-softmax", "0"],
      "--adaptive-softmax: expected none, or 1 to 8 ascending whole numbers such as 2000,10000, found 0."
    ),
    (
      ["--adaptive-softmax", "many"],
      "--adaptive-softmax: expected none, or 1 to 8 ascending whole numbers such as 2000,10000, found 'many'."
    ),
    (["--sampled-softmax", "0"], "--sampled-softmax: expected a whole number from 1 to 10000000, found 0."),
    (
      ["--sampled-softmax", "100", "--adaptive-softmax", "300"],
      "--adaptive-softmax, --sampled-softmax: both keep a large vocabulary from being gone through. Leave one of them out."
    ),
    (
      ["--tie-embeddings", "--adaptive-softmax", "300"],
      "--adaptive-softmax, --tie-embeddings: its rows have several widths, and an embedding's one. Leave one of them out."
    ),
    (
      ["--label-smoothing", "0.1", "--sampled-softmax", "300"],
      "--sampled-softmax, --label-smoothing: smoothing asks something of every token. Leave one of them out."
    ),
    (
      ["--bidirectional", "--sampled-softmax", "300"],
      "--sampled-softmax, --bidirectional: the output of a bidirectional model has a matrix for each direction. "
        + "Leave one of them out."
    ),
  ])
  func impossibleOutputsAreWrongUsage(options: [String], message: String) throws {
    let outcome = try TestCommand().run(["train", "story.txt"] + options, in: TestFolder())
    #expect(outcome.status == 64)
    #expect(outcome.errors.split(separator: "\n").first.map(String.init) == "Error: \(message)", "\(outcome.errors)")
  }

  /// What only the vocabulary tells.
  @Test func aClusterBeyondTheVocabularyIsRefused() throws {
    let folder = try TestFolder()
    try folder.write("story.txt", String(repeating: "abc def ", count: 400))
    let outcome = try TestCommand().run(["train", "story.txt", "--adaptive-softmax", "5000", "--quiet"], in: folder)
    #expect(outcome.status == 64)
    #expect(
      outcome.errors.split(separator: "\n").first
        == """
        Error: the model's adaptive softmax: expected 1 to 8 ascending numbers from 1 to 263, one less than there are \
        tokens, found 5000.
        """, "\(outcome.errors)")
  }
}
