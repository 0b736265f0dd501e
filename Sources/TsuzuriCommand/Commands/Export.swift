import ArgumentParser
import Tsuzuri
import TsuzuriExchange

/// `tsuzuri export`: a model for other programs, or a smaller and faster one for this.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a model for PyTorch or for ONNX runtimes, or with 8-bit weights.",
    discussion: """
      --format pytorch: a folder with model.safetensors, load_model.py, which needs torch and safetensors, and \
      vocabulary.txt.
      --format onnx: one file of standard operators. In: input_ids [batch, time], state_h (and state_c). Out: logits, \
      new_state_h (and new_state_c). Its metadata hold the vocabulary.
      --quantize int8: a model folder of a quarter of the size, which writes several times as fast. All commands take \
      it as any other, but training does not go on from it.
      """)

  /// What can be written for other programs.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case onnx, pytorch
  }

  /// What the weights of a model folder can become.
  enum WeightType: String, CaseIterable, ExpressibleByArgument {
    case int8
  }

  @OptionGroup var folder: ModelFolderOption

  @Option(help: ArgumentHelp("What is written for other programs: onnx or pytorch.", valueName: "format"))
  var format: Format?

  @Option(help: ArgumentHelp("The weights of a model folder for tsuzuri itself: int8.", valueName: "type"))
  var quantize: WeightType?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where it goes: a file for onnx, else a folder.", valueName: "path"))
  var output: String

  @OptionGroup var show: OutputOptions

  func validate() throws {
    guard let quantize else {
      if format != nil { return }
      throw ValidationError(
        "--format, --quantize: one of them says what is written. "
          + "Give '--format onnx', '--format pytorch' or '--quantize int8'.")
    }
    if let format {
      throw ValidationError(
        "--quantize \(quantize.rawValue), --format \(format.rawValue): 8-bit weights are written for tsuzuri alone. "
          + "Leave one out.")
    }
  }

  func run() throws {
    let screen = Screen(show)
    defer { screen.clear() }
    let model = try folder.load(screen)
    let files = try write(model)
    let out = StandardOutput()
    if show.json {
      try out.print(
        JSON.object([
          ("format", .string(format?.rawValue ?? "tsuzuri")), ("output", .string(output)),
          ("files", .array(files.map { .string($0) })), ("parameters", .whole(model.model.parameterCount)),
        ]).text)
    } else {
      for file in files { try out.print(file) }
    }
    try out.flush()
  }

  /// Writes the files; returns their paths.
  private func write(_ model: TextModel) throws -> [String] {
    switch format {
    case .onnx:
      try ONNXExport(model, version: Versions.tsuzuri).write(to: output)
      return [output]
    case .pytorch:
      try PyTorchExport(model).write(to: output)
      return PyTorchExport.files.map { output + "/" + $0 }
    case nil:
      if model.model.isQuantized { throw CommandError.quantizedModel(purpose: .export, folder: folder.model) }
      let target = ModelFolder(output)
      do {
        try target.writeNew(model.quantized())
      } catch ModelFolderError.cannotCreate(_, let reason) {
        throw ExchangeError.cannotCreate(path: output, reason: reason)
      }
      return [target.configurationPath, target.weightsPath, target.vocabularyPath]
    }
  }
}
