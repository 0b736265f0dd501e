import TsuzuriArchive

/// What goes wrong in the command itself; the library's errors speak for themselves.
enum CommandError: Error, Hashable, CustomStringConvertible {
  /// The folder holds a model, and nothing says what is to become of it.
  case folderHoldsModel(String, canGoOn: Bool)
  /// A resumed run is given another value than it was begun with.
  case changedOption(option: String, given: String, begun: String?, folder: String)
  /// A model whose weights are 8-bit integers is to be trained on, or made one once more.
  case quantizedModel(purpose: QuantizedPurpose, folder: String)
  /// A bidirectional model is to score lines, or to be mixed with others.
  case bidirectional(String)
  /// There is no network that could go with the text.
  case nothingToAdapt(folder: String)
  /// The model takes no texts side by side.
  case noLanes(folder: String, isBidirectional: Bool)
  /// Dynamic evaluation lacks what training leaves for it.
  case noStatistics(folder: String)
  /// Models of different tokens are to be mixed.
  case otherTokens(String, than: String)
  /// What is asked for takes more memory than there is; both in bytes.
  case tooLittleMemory(what: String, needed: Int, available: Int, options: String)
  /// The process may open too few files.
  case tooFewFiles(needed: Int, available: Int)
  /// Standard output cannot be written.
  case output(reason: String)
  /// A file of options or of a prompt cannot be used.
  case unusableFile(path: String, reason: String, advice: String)
  /// The variable that makes tests fail at a moment says something else.
  case unknownFault(variable: String, found: String)
  /// Something among the ids to decode is none.
  case notAnID(name: String, found: String)
  /// The system gave no memory for a buffer.
  case noMemory(bytes: Int)

  var description: String {
    switch self {
    case .folderHoldsModel(let path, let canGoOn):
      "\(path): holds a model already. "
        + (canGoOn ? "Go on with it by --resume, replace it by --overwrite," : "Replace it by --overwrite,")
        + " or name another folder with --model."
    case .changedOption(let option, let given, let begun, let folder):
      "--\(option) \(given): the run in \(folder) was begun "
        + (begun.map { "with \($0.shownPlain)" } ?? "without the option")
        + ", and another value would change its result. Leave the option out, or begin anew with --overwrite."
    case .quantizedModel(.resuming, let folder):
      "--resume: the weights in \(folder) are 8-bit integers, which no run can go on with. "
        + "Resume the folder that it was exported from."
    case .quantizedModel(.start, let folder):
      "--init-from \(folder): its weights are 8-bit integers, too coarse to be trained on. "
        + "Name the model that it was exported from."
    case .quantizedModel(.export, let folder):
      "--quantize: the weights in \(folder) are 8-bit integers already. Copy the folder, or name the model that it was "
        + "exported from with --model."
    case .quantizedModel(.dynamic, let folder):
      "--dynamic: the weights in \(folder) are 8-bit integers, which cannot move. "
        + "Name the model that it was exported from."
    case .bidirectional(let folder):
      "\(folder): expected a model that reads forwards, found a bidirectional one, whose joint losses are no "
        + "probability of a text. Measure it alone, with 'tsuzuri evaluate'."
    case .nothingToAdapt(let folder):
      "\(folder): expected a network, which can go with the text that it measures, found an n-gram model. Name a "
        + "network with --model, or leave out --cache and --dynamic."
    case .noLanes(let folder, let isBidirectional):
      "\(folder): expected a network that reads forwards, which takes texts side by side, found "
        + (isBidirectional ? "a bidirectional one" : "an n-gram model") + ". Leave out --batch."
    case .noStatistics(let folder):
      "--dynamic: \(folder) has no gradient-statistics.safetensors, which 'tsuzuri train' writes when it ends. Name the "
        + "text that the model was trained on with --dynamic-statistics."
    case .otherTokens(let folder, let first):
      "\(folder): expected the tokens of \(first), found others, and only probabilities of the same tokens can be mixed. "
        + "Train one of the models with '--vocabulary' and the other's vocabulary.txt, at the same level."
    case .tooLittleMemory(let what, let needed, let available, let options):
      "\(what) would take at least \(Figures.bytes(needed)) of memory, and this process may use "
        + "\(Figures.bytes(available)). Give a smaller \(options)."
    case .tooFewFiles(let needed, let available):
      "open files: expected room for \(needed) more, found room for \(available). Allow the process more ('ulimit -n')."
    case .output(let reason):
      "standard output: cannot be written: \(reason)."
    case .unusableFile(let path, let reason, let advice):
      "\(path): \(reason). \(advice)"
    case .unknownFault(let variable, let found):
      "\(variable): expected POINT:COUNT or POINT:COUNT:ACTION, as in sync:3:kill, found '\(found)'. "
        + "Unset the variable: only tests need it."
    case .noMemory(let bytes):
      "there is no memory for \(Figures.bytes(bytes)) more. What was saved is as it was. Give smaller sizes, or end other "
        + "programs."
    case .notAnID(let name, let found):
      "\(name): expected ids, whole numbers with blanks, commas or line ends between them, found '\(found)'."
    }
  }
}

/// What a model of 8-bit weights cannot be used for.
enum QuantizedPurpose: Hashable {
  /// `train --resume`.
  case resuming
  /// `train --init-from`.
  case start
  /// `export --quantize`.
  case export
  /// `evaluate --dynamic`.
  case dynamic
}
