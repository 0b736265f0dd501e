import TsuzuriArchive
import TsuzuriExchange
import TsuzuriGeneration
import TsuzuriModel
import TsuzuriModelFolder
import TsuzuriNGram
import TsuzuriText
import TsuzuriTraining

extension FuzzTarget {
  /// `config.json` alone.
  ///
  /// Input: whether its checksum is set right, then the file. What is taken must describe a model that can be, and be
  /// written as it was read.
  static let configuration = FuzzTarget("configuration", longestInput: 2048) { input in
    var reader = InputReader(input)
    let isRepaired = reader.byte() % 2 == 1
    let content = reader.remainder()
    let folder = try FuzzFolder()
    try folder.write("config.json", isRepaired ? Repair.sealed(content) : content)
    let model = ModelFolder(folder.path)
    guard try folder.expectNamed("config.json", { try model.readKind() }) == .recurrent else {
      _ = try folder.expectNamed("config.json") { try model.readNGramDescription() }
      return
    }
    let description = try folder.expectNamed("config.json") { try model.readDescription() }
    let layout = ParameterLayout(description.architecture)
    try require(layout.parameterCount < 9_000_000_000, "\(layout.parameterCount) parameters")
    let again = try kept("a description cannot be read as it was written") {
      try model.writeConfiguration(description, vocabulary: nil)
      return try model.readDescription()
    }
    try require(again == description, "a description is not read as it was written")
    _ = try? Segmenter(description.tokenizer.segmentation)
  }

  /// A whole model, read and made to write.
  ///
  /// Input: whether the checksums are set right; `config.json`, `vocabulary.txt` and `model.safetensors` as stretches; of
  /// the second, only what stands behind the special tokens where it does not begin with `<`.
  static let modelFolder = FuzzTarget("model-folder", longestInput: 8192) { input in
    var reader = InputReader(input)
    let isRepaired = reader.byte() % 2 == 1
    let folder = try FuzzFolder()
    let configuration = reader.stretch()
    let stretch = reader.stretch()
    let front = stretch.first == UInt8(ascii: "<") ? [] : Vocabulary.bytes.fileContent
    let (vocabulary, weights) = (front + stretch, reader.remainder())
    try folder.write(
      "config.json",
      isRepaired ? Repair.configuration(configuration, besideVocabulary: vocabulary) : configuration)
    try folder.write("vocabulary.txt", vocabulary)
    try folder.write("model.safetensors", isRepaired ? Repair.archive(weights, in: folder) : weights)
    let loaded = try folder.expectNamed(folder.path) { try ModelFolder(folder.path).loadAny() }
    let generator = try loaded.generate(
      prompt: "a猫 b\n", options: GenerationOptions(maxTokens: 3, seed: 1), threads: 1)
    let samples = try generator.run()
    try require(samples.count == 1 && samples[0].tokens <= 3, "another sample than was asked for")
  }

  /// What a run goes on from.
  ///
  /// Input: whether the checksums are set right, and whether the index is missing; `index.json` as a stretch, then the one
  /// checkpoint.
  static let checkpoint = FuzzTarget("checkpoint", longestInput: 16_384) { input in
    var reader = InputReader(input)
    let flags = reader.byte()
    let isRepaired = flags & 1 == 1
    let index = reader.stretch()
    let checkpoint = reader.remainder()
    let folder = try FuzzFolder()
    let path = try folder.write(
      "checkpoint-1.safetensors", isRepaired ? Repair.archive(checkpoint, in: folder) : checkpoint)
    if flags & 2 == 0 { try folder.write("index.json", isRepaired ? Repair.index(index, ofFileAt: path) : index) }
    _ = try folder.expectNamed(folder.path) { try CheckpointFolder(folder.path).loadNewest() }
  }

  /// Weights of PyTorch's.
  ///
  /// Input: kind and cell, the tokens as a stretch, then the safetensors file.
  static let pytorch = FuzzTarget("pytorch", longestInput: 4096) { input in
    var reader = InputReader(input)
    let flags = reader.byte()
    let cells: [CellKind?] = [nil, .lstm, .gru, .rnn, .rnnReLU]
    let folder = try FuzzFolder()
    let tokens = try folder.write("tokens.txt", reader.stretch())
    let weights = try folder.write("weights.safetensors", reader.remainder())
    let list = try folder.expectNamed("tokens.txt") { try TokenList(contentsOf: tokens) }
    let model = try PyTorchImport(
      weightsAt: weights, tokens: list, kind: flags & 1 == 1 ? .closed : .spelling,
      cell: cells[(flags >> 1) % cells.count])
    try require(model.vocabulary.count == model.model.configuration.vocabularySize, "tokens without rows")
    let session = InferenceSession(model: model.model, threads: 1)
    try session.feed([Vocabulary.endOfText])
    _ = session.logits.count
  }
}
