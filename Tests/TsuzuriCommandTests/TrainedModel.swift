import Foundation
import _TestSupport

/// A small model of both languages, trained once for all tests that only read it.
struct TrainedModel: Sendable {
  /// The folder that holds `model`, `held-out.txt`, and `again.txt`, which says the same again and again. All tests share it,
  /// side by side: what they write there has a name of its own.
  let folder: TestFolder
  /// What the training said at its end.
  let outcome: TestCommand.Outcome

  static let shared = Result { try TrainedModel() }

  /// Small enough to be trained in a moment.
  static let size = ["--hidden-size", "24", "--embedding-size", "12", "--layers", "1", "--batch-size", "8"]

  private init() throws {
    folder = try TestFolder()
    for (name, text) in [("ja/01-katsuji-no-asa.txt", "ja.txt"), ("en/01-the-inspector.txt", "en.txt")] {
      let story = try String(contentsOfFile: TestCorpora.packageRoot + "/corpora/" + name, encoding: .utf8)
      try folder.write("corpus/" + text, story)
    }
    try folder.write("held-out.txt", "The ferry came in. 朝の港に船が来た。\nThe printer looked up.\n")
    let again = String(repeating: "The inspector came in with the ferry.\n朝の港に船が来た。\n", count: 6)
    try folder.write("again.txt", again)
    outcome = try TestCommand().run(
      ["train", "corpus", "--validation", "held-out.txt", "--epochs", "3", "--json"] + Self.size, in: folder)
  }
}

/// Runs the command in the folder of the shared model.
func runWithModel(_ arguments: [String], input: String = "") throws -> TestCommand.Outcome {
  try TestCommand().run(arguments, in: TrainedModel.shared.get().folder, input: input)
}

/// The fields of the one JSON object that a command has written.
func fields(of outcome: TestCommand.Outcome) throws -> [String: Any] {
  let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
  guard lines.count == 2, lines[1].isEmpty else {
    throw NotOneObject(output: outcome.output, errors: outcome.errors)
  }
  let object = try JSONSerialization.jsonObject(with: Data(lines[0].utf8))
  guard let fields = object as? [String: Any] else {
    throw NotOneObject(output: outcome.output, errors: outcome.errors)
  }
  return fields
}

struct NotOneObject: Error {
  var output: String
  var errors: String
}
