import Foundation
import Testing
import TsuzuriArchive
import _TestSupport

/// `tsuzuri export --quantize int8`: a folder that every command takes, but for training.
struct QuantizedModelTests {
  /// A model of each kind that has matrices of its own.
  private static let kinds: [[String]] = [
    [], ["--tie-embeddings", "--embedding-size", "24"],
    ["--tie-embeddings", "--embedding-size", "20"], ["--bidirectional"], ["--cell", "gru"],
    ["--projection-size", "12"], ["--layer-norm"], ["--cell", "lstm-peephole"], ["--cell", "min-lstm"],
    ["--cell", "feed-forward", "--context", "3"], ["--residual", "--layers", "2"],
    ["--learn-initial-state"],
  ]

  private func run(_ arguments: [String], in folder: TestFolder) throws -> TestCommand.Outcome {
    let outcome = try TestCommand().run(arguments, in: folder)
    #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
    return outcome
  }

  @Test(arguments: kinds)
  func everyKindOfModelIsMeasuredAndWritesAsBefore(options: [String]) throws {
    let folder = try TestFolder()
    let corpus = TestCorpora.packageRoot + "/corpora/en/01-the-inspector.txt"
    try folder.write("held-out.txt", "The ferry came in. The printer looked up.\n")
    _ = try run(
      ["train", corpus, "--model", "whole", "--validation", "0", "--max-steps", "20", "--sequence-length", "16"]
        + TrainedModel.size + options, in: folder)
    let outcome = try run(
      ["export", "--model", "whole", "--quantize", "int8", "--output", "small/int8", "--json"], in: folder)
    let told = try fields(of: outcome)
    #expect(Set(told.keys) == ["format", "output", "files", "parameters"])
    #expect(told["format"] as? String == "tsuzuri")
    #expect(
      told["files"] as? [String] == [
        "small/int8/config.json", "small/int8/model.safetensors", "small/int8/vocabulary.txt",
      ])
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder["small/int8"]).sorted()
        == ["config.json", "model.safetensors", "vocabulary.txt"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder["small"]) == ["int8"])
    #expect(try folder.bytes("small/int8/vocabulary.txt") == folder.bytes("whole/vocabulary.txt"))
    let measures = try ["whole", "small/int8"].map {
      try fields(of: run(["evaluate", "held-out.txt", "--model", $0, "--json"], in: folder))
    }
    for key in measures[0].keys where key.contains("nats_per_token") {
      let (whole, small) = (try #require(measures[0][key] as? Double), try #require(measures[1][key] as? Double))
      #expect(whole != small && abs(whole - small) < whole / 200, "\(options), \(key): \(whole), \(small)")
    }
    #expect(measures[0]["tokens"] as? Int == measures[1]["tokens"] as? Int)
    if options != ["--bidirectional"] {
      let text = ["generate", "--model", "small/int8", "-p", "The ", "-n", "9", "--seed", "3", "--threads"]
      let alone = try run(text + ["1"], in: folder).output
      #expect(alone.hasPrefix("The ") && alone.count > 6)
      #expect(try run(text + ["2"], in: folder).output == alone)
    } else {
      let filled = try run(["fill", "--model", "small/int8", "-p", "The [MASK]rinter", "--json"], in: folder)
      #expect((try fields(of: filled)["fillings"] as? [Any])?.isEmpty == false)
    }
  }

  /// The logits of the same tokens before and after.
  @Test func logitsAreNearThoseOfTheWholeModel() throws {
    let folder = try TestFolder()
    let model = try TrainedModel.shared.get().folder
    _ = try run(["export", "--model", model["model"], "--quantize", "int8", "-o", "int8"], in: folder)
    func losses(_ name: String) throws -> [Double] {
      try run(["evaluate", model["held-out.txt"], "--model", name, "--tokens-out", "-"], in: folder).output
        .split(separator: "\n").compactMap { $0.split(separator: "\t").last.flatMap { Double($0) } }
    }
    let (whole, small) = (try losses(model["model"]), try losses("int8"))
    #expect(whole.count == small.count && whole.count > 30)
    for (a, b) in zip(whole, small) { #expect(abs(a - b) < 0.15) }
  }

  @Test func infoSaysWhatTheWeightsAre() throws {
    let folder = try exported()
    let told = try fields(of: run(["info", "int8", "--json"], in: folder))
    #expect(told["quantization"] as? String == "int8")
    #expect(try run(["info", "int8"], in: folder).output.contains("8-bit integers, a scale for each row"))
    let whole = try fields(of: run(["info", sharedModel(), "--json"], in: folder))
    #expect(whole["quantization"] is NSNull)
    #expect(try folder.text("int8/config.json").contains(#""quantization" : "int8""#))
    // How it was made goes along.
    #expect(told["training"] is [String: Any])
  }

  private func sharedModel() throws -> String { try TrainedModel.shared.get().folder["model"] }

  /// A folder with `int8`, made of the shared model.
  private func exported() throws -> TestFolder {
    let folder = try TestFolder()
    // Names of one character and with a slash at the end, too, are names.
    _ = try run(["export", "--model", sharedModel(), "--quantize", "int8", "-o", "q"], in: folder)
    _ = try run(["export", "--model", sharedModel(), "--quantize", "int8", "-o", "r/"], in: folder)
    _ = try run(["export", "--model", sharedModel(), "--quantize", "int8", "-o", "int8"], in: folder)
    return folder
  }

  private func refusal(_ arguments: [String], status: Int32 = 1, in folder: TestFolder) throws -> String {
    let outcome = try TestCommand().run(arguments + ["--quiet"], in: folder)
    #expect(outcome.status == status)
    #expect(outcome.output == "")
    return String(status == 64 ? outcome.errors.prefix { $0 != "\n" } : outcome.errors.dropLast())
  }

  @Test func trainingDoesNotGoOnFromIt() throws {
    let folder = try exported()
    try folder.write("more.txt", String(repeating: "The ferry came in.\n", count: 200))
    let before = try folder.bytes("int8/model.safetensors")
    #expect(
      try refusal(["train", "more.txt", "--resume", "--model", "int8"], in: folder)
        == "Error: --resume: the weights in int8 are 8-bit integers, which no run can go on with. "
        + "Resume the folder that it was exported from.")
    #expect(
      try refusal(["train", "more.txt", "--init-from", "int8", "--model", "new"], in: folder)
        == "Error: --init-from int8: its weights are 8-bit integers, too coarse to be trained on. "
        + "Name the model that it was exported from.")
    #expect(!FileManager.default.fileExists(atPath: folder["new"]))
    #expect(try folder.bytes("int8/model.safetensors") == before)
  }

  @Test func whatContradictsItselfIsWrongUsage() throws {
    let folder = try TestFolder()
    #expect(
      try refusal(["export", "--output", "x"], status: 64, in: folder)
        == "Error: --format, --quantize: one of them says what is written. "
        + "Give '--format onnx', '--format pytorch' or '--quantize int8'.")
    #expect(
      try refusal(["export", "--quantize", "int8", "--format", "onnx", "--output", "x"], status: 64, in: folder)
        == "Error: --quantize int8, --format onnx: 8-bit weights are written for tsuzuri alone. Leave one out.")
  }

  @Test func nothingThatStandsThereIsReplaced() throws {
    let folder = try exported()
    let before = try folder.bytes("int8/model.safetensors")
    let model = try sharedModel()
    #expect(
      try refusal(["export", "--model", model, "--quantize", "int8", "--output", "int8"], in: folder)
        == "Error: int8: expected no folder or an empty one, found one that holds something, which is never replaced. "
        + "Name another folder with --output.")
    #expect(try folder.bytes("int8/model.safetensors") == before)
    try folder.write("taken", "a file")
    #expect(
      try refusal(["export", "--model", model, "--quantize", "int8", "--output", "taken/out"], in: folder)
        == "Error: taken/out: the folder cannot be made: Not a directory. Choose another place with --output.")
    #expect(
      try refusal(["export", "--model", "int8", "--quantize", "int8", "--output", "again"], in: folder)
        == "Error: --quantize: the weights in int8 are 8-bit integers already. Copy the folder, or name the model that it "
        + "was exported from with --model.")
    // An empty folder is as good as none, and what a crash left is taken away.
    try FileManager.default.createDirectory(atPath: folder["empty"], withIntermediateDirectories: true)
    try folder.write(".empty.writing/model.safetensors", "half")
    _ = try run(["export", "--model", model, "--quantize", "int8", "--output", "empty/"], in: folder)
    #expect(try folder.bytes("empty/model.safetensors") == before)
    #expect(!FileManager.default.fileExists(atPath: folder[".empty.writing"]))
  }

  /// For other programs an 8-bit model is one of the numbers that its integers stand for.
  @Test func itsExportForOtherProgramsHasWholeNumbers() throws {
    let folder = try exported()
    let files = try ["int8", sharedModel()].enumerated().map { index, model in
      _ = try run(["export", "--model", model, "--format", "pytorch", "--output", "torch\(index)"], in: folder)
      return try folder.bytes("torch\(index)/model.safetensors")
    }
    #expect(files[0].count == files[1].count && files[0] != files[1])
    let whole = try SafetensorsFile(path: folder["torch0/model.safetensors"])
    let integers = try SafetensorsFile(path: folder["int8/model.safetensors"])
    var matrices = 0
    for tensor in integers.tensors where tensor.type == .int8 {
      let scales = try integers.floats(of: tensor.name + ".scale", shape: [tensor.shape[0]])
      let values = try integers.bytes(of: tensor.name).map { Float(Int8(bitPattern: $0)) }
      let expected = values.enumerated().map { scales[$0 / tensor.shape[1]] * $1 }
      #expect(try whole.floats(of: tensor.name, shape: tensor.shape) == expected, "\(tensor.name)")
      matrices += 1
    }
    #expect(matrices == 4)
  }

  @Test func weightsAndConfigurationMustAgree() throws {
    let folder = try exported()
    let model = try TrainedModel.shared.get().folder
    try FileManager.default.removeItem(atPath: folder["int8/model.safetensors"])
    try folder.write("int8/model.safetensors", model.bytes("model/model.safetensors"))
    #expect(
      try refusal(["generate", "--model", "int8", "-n", "1"], in: folder)
        == "Error: int8/model.safetensors: expected 8-bit weights, as config.json says, found single-precision ones. "
        + "Restore the file that belongs to this folder, or export the model again.")
    let other = try exported()
    try other.write("int8/config.json", model.bytes("model/config.json"))
    #expect(
      try refusal(["generate", "--model", "int8", "-n", "1"], in: other)
        == "Error: int8/model.safetensors: expected single-precision weights, as config.json says, found 8-bit ones. "
        + "Restore the file that belongs to this folder.")
  }
}
