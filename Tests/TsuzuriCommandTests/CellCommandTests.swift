import Foundation
import Testing
import Tsuzuri
import _TestSupport

/// A model of each cell goes through the whole command: what is picked with `--cell` changes nothing else.
struct CellCommandTests {
  @Test(arguments: CellKind.allCases)
  func everyCellTrainsResumesEvaluatesAndWrites(cell: CellKind) throws {
    let folder = try TestFolder()
    let story = TestCorpora.packageRoot + "/corpora/en/01-the-inspector.txt"
    try folder.write("story.txt", String(contentsOfFile: story, encoding: .utf8))
    try folder.write("held-out.txt", "The ferry came in. The printer looked up.\n")
    let options = [
      "story.txt", "--validation", "held-out.txt", "--cell", cell.rawValue, "--max-steps", "600", "--learning-rate",
      "0.01",
      "--epochs", "1000", "--hidden-size", "12", "--embedding-size", "10", "--layers", "2", "--batch-size", "6",
      "--sequence-length", "16",
    ]
    func run(_ arguments: [String]) throws -> TestCommand.Outcome {
      let outcome = try TestCommand().run(arguments, in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      return outcome
    }
    let trained = try fields(of: run(["train", "--json", "--model", "whole"] + options))
    let running = try TestCommand().start(["train"] + options + ["--model", "halves"], in: folder)
    #expect(running.waits(forError: "an epoch is"))
    running.send(SIGINT)
    let stopped = running.wait()
    #expect(stopped.status == 130 && stopped.errors.contains("stopped after step "), "\(stopped.errors)")
    let resumed = try fields(of: run(["train", "--resume", "--json", "--model", "halves", "--threads", "1"]))
    #expect(try folder.bytes("halves/model.safetensors") == folder.bytes("whole/model.safetensors"))

    // How often each character occurs in the story is worth 3.15 nats.
    let loss = try #require(trained["validation_loss"] as? Double)
    #expect(loss < 2.9)
    #expect(resumed["validation_loss"] as? Double == loss)
    let measured = try fields(of: run(["evaluate", "--model", "whole", "held-out.txt", "--json"]))
    #expect(abs(try #require(measured["nats_per_token"] as? Double) - loss) < 1e-6)

    let request = ["generate", "--model", "whole", "-p", "The ", "-n", "9", "--seed", "5"]
    let text = try run(request).output
    #expect(text.hasPrefix("The ") && text.count > 4)
    #expect(try run(request).output == text)

    let info = try fields(of: run(["info", "whole", "--json"]))
    #expect((info["architecture"] as? [String: Any])?["cell"] as? String == cell.rawValue)
    #expect(info["parameters"] as? Int == trained["parameters"] as? Int)
    #expect(try run(["info", "whole"]).output.contains(" \(cell.rawValue), 2 layers of 12, embedding 10\n"))
  }
}
