import Foundation
import Testing
import TsuzuriArchive
import _TestSupport

/// The whole way through the command: out to PyTorch or ONNX, in again, and on.
struct ExchangeTests {
  @Test func anExportTellsWhatItWrote() throws {
    let outcome = try runWithModel(["export", "--format", "pytorch", "--output", "for-torch", "--json"])
    let fields = try fields(of: outcome)
    #expect(Set(fields.keys) == ["format", "output", "files", "parameters"])
    #expect(
      fields["files"] as? [String] == [
        "for-torch/model.safetensors", "for-torch/load_model.py", "for-torch/vocabulary.txt",
      ])
    #expect(try runWithModel(["export", "--format", "onnx", "-o", "model.onnx"]).output == "model.onnx\n")
  }

  /// A model that is being trained is not replaced, nor is anything of it taken away.
  @Test func anImportKeepsOutOfAFolderInUse() throws {
    let folder = try TestFolder()
    let model = try TrainedModel.shared.get().folder["model"]
    #expect(
      try TestCommand().run(
        ["export", "--model", model, "--format", "pytorch", "--output", "out", "--quiet"], in: folder
      ).status == 0)
    try folder.write("taken/training/index.json", "{}")
    let lock = try FolderLock(folder["taken"])
    let options = ["--vocabulary", "out/vocabulary.txt", "--model", "taken", "--overwrite", "--quiet"]
    let refused = try TestCommand().run(["import", "out/model.safetensors"] + options, in: folder)
    #expect(
      refused.errors
        == "Error: taken: in use by process \(getpid()). Wait until it has ended, or choose another folder.\n")
    #expect(refused.status == 1)
    #expect(try folder.text("taken/training/index.json") == "{}")
    lock.release()
    #expect(try TestCommand().run(["import", "out/model.safetensors"] + options, in: folder).status == 0)
    #expect(!FileManager.default.fileExists(atPath: folder["taken/training"]))
  }

  @Test func anImportedModelMeasuresWritesAndGoesOnTraining() throws {
    let folder = try TestFolder()
    let model = try TrainedModel.shared.get().folder["model"]
    try folder.write("held-out.txt", "The ferry came in. 朝の港に船が来た。\nThe printer looked up.\n")
    func run(_ arguments: [String]) throws -> TestCommand.Outcome {
      let outcome = try TestCommand().run(arguments, in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      return outcome
    }
    _ = try run(["export", "--model", model, "--format", "pytorch", "--output", "out"])
    let told = try run(
      ["import", "out/model.safetensors", "--vocabulary", "out/vocabulary.txt", "--model", "again", "--json"])
    #expect(Set(try fields(of: told).keys) == ["model", "parameters", "architecture"])
    let loss = { (name: String) in
      try fields(of: run(["evaluate", "held-out.txt", "--model", name, "--json"]))["nats_per_token"] as? Double
    }
    #expect(try loss("again") == loss(model))
    let text = { (name: String) in
      try run(["generate", "--model", name, "-p", "The ", "-n", "20", "--seed", "3"]).output
    }
    #expect(try text("again") == text(model))
    let corpus = TestCorpora.packageRoot + "/corpora/en/01-the-inspector.txt"
    _ = try run(["train", corpus, "--init-from", "again", "--model", "on", "--max-steps", "2", "--batch-size", "8"])
    #expect(try run(["info", "on"]).output.contains("lstm, 1 layer of 24, embedding 12"))
  }

  @Test func logitsOfATextWithoutEndAreThoseOfItsBeginning() throws {
    let folder = try TrainedModel.shared.get().folder
    let outcome = try TestCommand().runInShell(
      "yes | COMMAND logits - -o endless.safetensors --max-tokens 7 --json", in: folder, seconds: 60)
    #expect(try fields(of: outcome)["tokens"] as? Int == 7, "\(outcome.errors)")
  }

  @Test func logitsAreWrittenForEachTokenFed() throws {
    let outcome = try runWithModel([
      "logits", "held-out.txt", "-o", "logits.safetensors", "--max-tokens", "9", "--json",
    ])
    let fields = try fields(of: outcome)
    #expect(Set(fields.keys) == ["output", "tokens", "vocabulary"])
    #expect(fields["tokens"] as? Int == 9)
    let folder = try TrainedModel.shared.get().folder
    let file = try SafetensorsFile(path: folder["logits.safetensors"])
    #expect(try file.tensor("ids").shape == [9])
    let size = try #require(fields["vocabulary"] as? Int)
    let logits = try file.floats(of: "logits", shape: [9, size])
    // The losses of 'evaluate' are those of the same logits.
    let listing = try runWithModel(["evaluate", "held-out.txt", "--tokens-out", "-"]).output.split(separator: "\n")
    let ids = try file.bytes(of: "ids")
    for t in 0..<8 {
      let row = logits[t * size..<(t + 1) * size].map(Double.init)
      let next = Int(withExtendedLifetime(file) { ids.loadUnaligned(fromByteOffset: (t + 1) * 8, as: Int64.self) })
      let loss = log(row.reduce(0) { $0 + exp($1) }) - row[next]
      let told = try #require(Double(listing[t].split(separator: "\t")[1]))
      #expect(abs(loss - told) < 1e-4)
    }
  }

  @Test func anImportDoesNotReplaceAModelUnasked() throws {
    let folder = try TestFolder()
    let model = try TrainedModel.shared.get().folder["model"]
    let arguments = ["import", model + "/model.safetensors", "--vocabulary", model + "/vocabulary.txt"]
    #expect(try TestCommand().run(arguments, in: folder).status == 0)
    try folder.write("model/training/left.txt", "from an older run")
    let refused = try TestCommand().run(arguments, in: folder)
    #expect(refused.status == 1)
    #expect(
      refused.errors
        == "Error: model: holds a model already. Replace it by --overwrite, or name another folder with --model.\n")
    #expect(try TestCommand().run(arguments + ["--overwrite"], in: folder).status == 0)
    #expect(!FileManager.default.fileExists(atPath: folder["model/training/left.txt"]))
  }
}
