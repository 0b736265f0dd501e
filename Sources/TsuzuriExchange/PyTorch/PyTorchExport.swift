internal import Glibc
internal import TsuzuriArchive
internal import TsuzuriModel
public import TsuzuriModelFolder
internal import TsuzuriText

/// A language model as PyTorch opens it: weights, and a script of a page that puts them into PyTorch's modules.
///
///     model.safetensors   the weights
///     load_model.py       load() gives a torch.nn.Module; needs the packages torch and safetensors
///     vocabulary.txt      one token a line; line number = id
public struct PyTorchExport {
  /// The files that are written, by name.
  public static let files = ["model.safetensors", "load_model.py", "vocabulary.txt"]

  private let model: TextModel
  private let recurrence: PyTorchRecurrence
  /// The text of `load_model.py`.
  let script: String

  /// Makes the script.
  ///
  /// - Throws: ``ExchangeError/noOperator(format:model:reason:advice:)`` for a model that the script cannot be written for.
  public init(_ model: TextModel) throws(ExchangeError) {
    self.model = model
    recurrence = try PyTorchRecurrence(model.model.configuration)
    script = LoadingScript(model.model.configuration, recurrence).text
  }

  /// Writes the folder; what it holds under other names stays.
  ///
  /// - Throws: ``ExchangeError/holdsModel(path:)``, ``ExchangeError/cannotCreate(path:reason:)``,
  ///   `ArchiveError.unwritable`.
  public func write(to folder: String) throws {
    if ModelFolder(folder).holdsConfiguration { throw ExchangeError.holdsModel(path: folder) }
    try Self.makeFolder(folder)
    try writer.write(to: folder + "/model.safetensors")
    try AtomicFile.replace(folder + "/load_model.py", with: script)
    try model.tokenizer.vocabulary.write(to: folder + "/vocabulary.txt")
  }

  /// The tensors under the names of the script's modules.
  var writer: SafetensorsWriter {
    let network = model.model
    var writer = SafetensorsWriter(metadata: ["format": "pt", "producer": "tsuzuri"])
    for slice in network.layout.slices {
      let values = recurrence.values(of: slice.name, in: network)
      let rows = values.count / slice.shape.dropFirst().reduce(1, *)
      writer.add(recurrence.name(of: slice.name), shape: [rows] + slice.shape.dropFirst(), floats: values)
    }
    return writer
  }

  /// Makes the folder, and those above it, where they are missing.
  private static func makeFolder(_ path: String) throws(ExchangeError) {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += part + "/"
      guard mkdir(made, 0o777) != 0 else { continue }
      let code = errno
      var status = stat()
      let isFolder = stat(made, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
      if !isFolder {
        throw .cannotCreate(path: path, reason: SystemError(code: code == EEXIST ? ENOTDIR : code).reason)
      }
    }
  }
}

extension ModelFolder {
  fileprivate var holdsConfiguration: Bool { access(configurationPath, F_OK) == 0 }
}
