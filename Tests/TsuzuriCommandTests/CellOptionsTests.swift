import Foundation
import Testing
import _TestSupport

/// The options that say which cell a model is built of.
struct CellOptionsTests {
  private func run(_ arguments: [String], in folder: TestFolder) throws -> TestCommand.Outcome {
    try TestCommand().run(arguments, in: folder)
  }

  private static let size = ["--hidden-size", "12", "--embedding-size", "6", "--batch-size", "4"]

  private func story() throws -> TestFolder {
    let folder = try TestFolder()
    try folder.write("story.txt", String(repeating: "The ferry came in, and nobody was on it. ", count: 100))
    return folder
  }

  @Test(arguments: ["min-gru", "min-lstm", "feed-forward"])
  func aModelOfEachCellIsTrainedAndWritesAndIsMeasured(cell: String) throws {
    let folder = try story()
    let trained = try run(
      ["train", "story.txt", "--cell", cell, "--residual", "--max-steps", "3", "--quiet"] + Self.size, in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    let shape = try #require(
      try fields(of: run(["info", "--json"], in: folder))["architecture"] as? [String: Any])
    #expect(shape["cell"] as? String == cell && shape["isResidual"] as? Bool == true)
    #expect(try run(["generate", "-p", "The", "-n", "5", "--seed", "1"], in: folder).status == 0)
    #expect(try run(["evaluate", "story.txt", "--json"], in: folder).status == 0)
    for (format, program, reason) in [
      ("onnx", "ONNX", "none of its recurrent operators is without a product of the state"),
      ("pytorch", "PyTorch", "torch.nn has no module that computes it"),
    ] {
      let exported = try run(["export", "--format", format, "--output", "out", "--quiet"], in: folder)
      #expect(exported.status == 1)
      #expect(
        exported.errors == "Error: \(program) cannot hold a model of the cell '\(cell)': \(reason). "
          + "Use tsuzuri itself to compute it.\n")
    }
  }

  @Test func theContextIsToldAndTakenOverWithTheWeights() throws {
    let folder = try story()
    let options = ["--cell", "feed-forward", "--context", "7", "--max-steps", "2"]
    let whole = try run(["train", "story.txt", "--model", "whole", "--quiet"] + options + Self.size, in: folder)
    #expect(whole.status == 0, "\(whole.errors)")
    let info = try run(["info", "whole"], in: folder).output
    #expect(info.contains("7 tokens"))
    let first = try run(
      ["train", "story.txt", "--model", "other", "--init-from", "whole", "--max-steps", "1", "--quiet"]
        + ["--batch-size", "4"], in: folder)
    #expect(first.status == 0, "\(first.errors)")
    let shape = try #require(
      try fields(of: run(["info", "other", "--json"], in: folder))["architecture"] as? [String: Any])
    #expect(shape["context"] as? Int == 7, "the context is taken over with the weights")
  }

  @Test(arguments: [
    (
      ["--context", "3"],
      "--context: only the cell 'feed-forward' has one, and the cell is 'lstm'. Leave the option out."
    ),
    (["--cell", "feed-forward", "--context", "0"], "--context: expected a whole number from 1 to 64, found 0."),
    (["--cell", "feed-forward", "--context", "all"], "--context: expected a whole number from 1 to 64, found 'all'."),
    (
      ["--cell", "feed-forward", "--learn-initial-state"],
      "--learn-initial-state: the cell 'feed-forward' carries nothing but what it has read. Leave the option out."
    ),
  ])
  func whatTheCellCannotHave(_ options: [String], _ expected: String) throws {
    let outcome = try run(["train", "story.txt"] + options, in: TestFolder())
    #expect(outcome.status == 64)
    #expect(outcome.errors.hasPrefix("Error: \(expected)\n"), "\(outcome.errors)")
  }
}
