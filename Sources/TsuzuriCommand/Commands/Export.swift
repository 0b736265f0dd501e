import ArgumentParser
import Tsuzuri
import TsuzuriExchange

/// `tsuzuri export`: a model for other programs.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a model for PyTorch or for ONNX runtimes.",
    discussion: """
      pytorch: a folder with model.safetensors, load_model.py, which needs torch and safetensors, and vocabulary.txt.
      onnx: one file of standard operators. In: input_ids [batch, time], state_h (and state_c). Out: logits, \
      new_state_h (and new_state_c). Its metadata hold the vocabulary.
      """)

  /// What can be written.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case onnx, pytorch
  }

  @OptionGroup var folder: ModelFolderOption

  @Option(help: ArgumentHelp("What is written: onnx or pytorch.", valueName: "format"))
  var format: Format

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where it goes: a file for onnx, a folder for pytorch.", valueName: "path"))
  var output: String

  @OptionGroup var show: OutputOptions

  func run() throws {
    let screen = Screen(show)
    defer { screen.clear() }
    let model = try folder.load(screen)
    var files: [String]
    switch format {
    case .onnx:
      try ONNXExport(model, version: Versions.tsuzuri).write(to: output)
      files = [output]
    case .pytorch:
      try PyTorchExport(model).write(to: output)
      files = PyTorchExport.files.map { output + "/" + $0 }
    }
    let out = StandardOutput()
    if show.json {
      try out.print(
        JSON.object([
          ("format", .string(format.rawValue)), ("output", .string(output)),
          ("files", .array(files.map { .string($0) })), ("parameters", .whole(model.model.parameterCount)),
        ]).text)
    } else {
      for file in files { try out.print(file) }
    }
    try out.flush()
  }
}
