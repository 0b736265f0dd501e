import Foundation
import Testing
import Tsuzuri
import _TestSupport

/// A model of each cell goes through the whole command: what is picked with `--cell` changes nothing else.
struct CellCommandTests {
  /// What is picked, and what no peer has of it.
  struct Choice: CustomTestStringConvertible {
    var cell: CellKind
    var options: [String] = []
    /// The architecture in the words of `info`, after the cell.
    var shape = ", 2 layers of 12, embedding 10"
    /// The whole messages of `export` by format, where the format cannot hold the model.
    var refusals: [String: String] = [:]

    var testDescription: String { ([cell.rawValue] + options).joined(separator: " ") }
  }

  static let choices: [Choice] =
    CellKind.allCases.map { Choice(cell: $0, refusals: refusals(of: $0)) } + [
      Choice(
        cell: .lstm, options: ["--projection-size", "7"], shape: ", 2 layers of 12 projected to 7, embedding 10",
        refusals: [
          "onnx":
            "ONNX cannot hold a projected LSTM: its operator LSTM gives its state as it is, without a projection. "
            + "Export it with '--format pytorch'."
        ]),
      Choice(
        cell: .lstm, options: ["--layer-norm"], shape: " with layer normalisation, 2 layers of 12, embedding 10",
        refusals: [
          "onnx": "ONNX cannot hold an LSTM with normalised gates: its operator LSTM has no place for a normalisation. "
            + "Use tsuzuri itself to compute it.",
          "pytorch": "PyTorch cannot hold an LSTM with normalised gates: torch.nn.LSTM has no place for a "
            + "normalisation. Use tsuzuri itself to compute it.",
        ]),
      Choice(cell: .gru, options: ["--residual"]),
      // 257 bytes and <eos> stand in front of the characters.
      Choice(
        cell: .gru, options: ["--adaptive-softmax", "270,285"],
        refusals: [
          "onnx": "ONNX cannot hold a model with an adaptive softmax: the graph's output is one matrix. "
            + "Use tsuzuri itself to compute it.",
          "pytorch": "PyTorch cannot hold a model with an adaptive softmax: the script's output is one matrix; "
            + "torch.nn.AdaptiveLogSoftmaxWithLoss takes the tensors 'output.…' of model.safetensors as they are. "
            + "Use tsuzuri itself to compute it.",
        ]),
      Choice(cell: .lstm, options: ["--sampled-softmax", "60"]),
      Choice(
        cell: .lstm, options: ["--learn-initial-state"],
        refusals: [
          "onnx":
            "ONNX cannot hold a model with a learned initial state: the graph's state comes from outside, where zeros "
            + "begin a text. Use tsuzuri itself to compute it.",
          "pytorch":
            "PyTorch cannot hold a model with a learned initial state: the state of torch.nn's layers begins with "
            + "zeros; the tensors 'initial_h' and 'initial_c' of model.safetensors can be given to them. "
            + "Use tsuzuri itself to compute it.",
        ]),
    ]

  private static func refusals(of cell: CellKind) -> [String: String] {
    switch cell {
    case .lstm, .lstm1997, .lstmCoupled, .gru, .rnn, .rnnReLU: [:]
    case .lstmPeephole:
      [
        "pytorch": "PyTorch cannot hold an LSTM with peepholes: the gates of torch.nn.LSTM do not see the cell. "
          + "Export it with '--format onnx'."
      ]
    case .gruResetBefore:
      [
        "pytorch": "PyTorch cannot hold a GRU that resets before the product: torch.nn.GRU resets after it. "
          + "Export it with '--format onnx'."
      ]
    case .minGRU, .minLSTM, .feedForward:
      [
        "onnx": "ONNX cannot hold a model of the cell '\(cell.rawValue)': none of its recurrent operators is without a "
          + "product of the state. Use tsuzuri itself to compute it.",
        "pytorch":
          "PyTorch cannot hold a model of the cell '\(cell.rawValue)': torch.nn has no module that computes it. "
          + "Use tsuzuri itself to compute it.",
      ]
    }
  }

  @Test(arguments: choices)
  func everyCellTrainsResumesEvaluatesWritesAndGoesOut(choice: Choice) throws {
    let folder = try TestFolder()
    let story = TestCorpora.packageRoot + "/corpora/en/01-the-inspector.txt"
    try folder.write("story.txt", String(contentsOfFile: story, encoding: .utf8))
    try folder.write("held-out.txt", "The ferry came in. The printer looked up.\n")
    let options =
      [
        "story.txt", "--validation", "held-out.txt", "--cell", choice.cell.rawValue, "--max-steps", "600",
        "--learning-rate", "0.01", "--epochs", "1000", "--hidden-size", "12", "--embedding-size", "10", "--layers", "2",
        "--batch-size", "6", "--sequence-length", "16",
      ] + choice.options
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
    #expect((info["architecture"] as? [String: Any])?["cell"] as? String == choice.cell.rawValue)
    #expect(info["parameters"] as? Int == trained["parameters"] as? Int)
    let description = try run(["info", "whole"]).output
    #expect(description.contains(" \(choice.cell.rawValue)\(choice.shape)\n"), "\(description)")

    for (format, output, files) in [
      ("pytorch", "out", "out/model.safetensors\nout/load_model.py\nout/vocabulary.txt\n"),
      ("onnx", "out.onnx", "out.onnx\n"),
    ] {
      let outcome = try TestCommand().run(
        ["export", "--model", "whole", "--format", format, "--output", output], in: folder)
      let refusal = choice.refusals[format]
      #expect(outcome.status == (refusal == nil ? 0 : 1))
      #expect(outcome.output == (refusal == nil ? files : ""))
      #expect(outcome.errors == (refusal.map { "Error: \($0)\n" } ?? ""))
      #expect(FileManager.default.fileExists(atPath: folder[output]) == (refusal == nil))
    }
  }
}
