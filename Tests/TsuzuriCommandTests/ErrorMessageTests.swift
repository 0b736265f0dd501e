import Testing
import Tsuzuri
import _TestSupport

/// Whole messages and exit statuses: 1 where the work fails, 64 where the command is used wrongly.
struct ErrorMessageTests {
  /// Runs the command, which must fail without a word on standard output; returns the message.
  private func message(
    _ arguments: [String], status: Int32 = 1, in folder: TestFolder, input: String = ""
  ) throws -> String {
    let outcome = try TestCommand().run(arguments + ["--quiet"], in: folder, input: input)
    #expect(outcome.status == status)
    #expect(outcome.output == "")
    // A wrong usage is followed by how it is used rightly.
    return String(status == 64 ? outcome.errors.prefix { $0 != "\n" } : outcome.errors.dropLast())
  }

  @Test func aMissingFile() throws {
    #expect(
      try message(["train", "nowhere.txt"], in: TestFolder())
        == "Error: nowhere.txt: no such file or folder. Check the name, or give '-' to read standard input.")
  }

  @Test func anEmptyCorpus() throws {
    let folder = try TestFolder()
    try folder.write("empty.txt", "")
    #expect(
      try message(["train", "empty.txt"], in: folder)
        == "Error: empty.txt: there is no text in it. Name a text that is not empty.")
    #expect(
      try message(["train", "-"], in: folder)
        == "Error: standard input: there is no text in it. Name a text that is not empty.")
  }

  @Test func aCorpusShorterThanOneWindow() throws {
    let folder = try TestFolder()
    try folder.write("short.txt", "短い。\n")
    #expect(
      try message(["train", "short.txt", "--validation", "0"], in: folder)
        == "Error: the training text has 5 tokens, but one window of 64 tokens in each of 32 lanes takes 2049. "
        + "Give more text, or a smaller batch size or sequence length.")
  }

  @Test func brokenUTF8() throws {
    let folder = try TestFolder()
    try folder.write("broken.txt", Array("猫は".utf8) + [0xE3, 0x81] + Array("と\n".utf8))
    #expect(
      try message(["train", "broken.txt"], in: folder)
        == "Error: broken.txt: the bytes E3 81 at byte offset 6 mean nothing in UTF-8. Name the right encoding with "
        + "'--encoding', or put U+FFFD in place of such bytes with '--lossy'.")
  }

  @Test func aFolderWithoutText() throws {
    let folder = try TestFolder()
    try folder.write("pictures/cat.png", [0x89])
    #expect(
      try message(["train", "pictures"], in: folder)
        == "Error: pictures: the folder holds no .txt and no .txt.gz file, nor do the folders below it. "
        + "Name a file, or give the texts one of these endings.")
  }

  @Test func aFolderThatIsNoModel() throws {
    let folder = try TestFolder()
    try folder.write("empty/readme.txt", "nothing")
    for command in [["generate"], ["evaluate", "x.txt"]] {
      #expect(
        try message(command + ["--model", "empty"], in: folder)
          == "Error: empty: expected a model folder, found no config.json in it. "
          + "Name a folder that 'tsuzuri train' has written.")
    }
    #expect(
      try message(["generate"], in: folder)
        == "Error: model: expected a model folder, found none. Train one with 'tsuzuri train CORPUS --model model'.")
  }

  @Test func aVocabularyThatDoesNotFit() throws {
    let folder = try TestFolder()
    try folder.write("text.txt", "the cat sat")
    try folder.write("words.txt", "<eos>\n<unk>\nthe\ncat\n")
    #expect(
      try message(["train", "text.txt", "--vocabulary", "words.txt"], status: 64, in: folder)
        == "Error: --vocabulary: the level 'character' needs a vocabulary with byte tokens (<eos>, <0x00> to <0xFF>, text), "
        + "found a closed vocabulary (<eos>, <unk>, 2 words). Give the level that the vocabulary was made for, "
        + "or build another with 'tsuzuri vocabulary build'.")
    try folder.write("twice.txt", "<eos>\n<unk>\ncat\ncat\n")
    #expect(
      try message(["train", "text.txt", "--level", "whitespace", "--vocabulary", "twice.txt"], in: folder)
        == "Error: twice.txt, line 4: the token cat stands twice (first on line 3). "
        + "Rebuild it with 'tsuzuri vocabulary build'.")
  }

  @Test(arguments: [
    ("layers 3", "expected an option, found 'layers 3'. Write a line as '--layers 3'; a comment begins with '#'."),
    (
      "--preset other.options",
      "a file of options cannot name another one. Put the options themselves here."
    ),
    ("--layers two", "--layers: expected a whole number from 1 to 64, found 'two'."),
    ("--momentum 0.9", "--momentum: only the optimizers 'sgd' and 'rmsprop' have it. Leave the option out."),
    ("--colour red", "Unknown option '--colour'"),
  ])
  func aLineOfAPresetIsNamed(_ line: String, _ expected: String) throws {
    let folder = try TestFolder()
    try folder.write("my.options", "# Mine.\n--hidden-size 8\n\(line)\n")
    #expect(
      try message(["train", "text.txt", "--preset", "my.options"], status: 64, in: folder)
        == "Error: my.options, line 3: " + expected)
  }

  @Test func aFileWhereTheModelsFolderShallBe() throws {
    let folder = try TestFolder()
    try folder.write("text.txt", "the cat sat")
    try folder.write("taken", "")
    for path in ["taken", "taken/model"] {
      #expect(
        try message(["train", "text.txt", "--model", path], in: folder)
          == "Error: \(path): the folder cannot be made: Not a directory. Choose another place with --model.")
    }
  }

  @Test func resumingWhereThereIsNoFolder() throws {
    #expect(
      try message(["train", "--resume", "--model", "nowhere"], status: 64, in: TestFolder())
        == "Error: --resume: there is no folder nowhere. Name the run's folder with --model, "
        + "or a corpus to begin with.")
  }

  @Test func aSizeThatContradictsTheModelToStartFrom() throws {
    let folder = try TrainedModel.shared.get().folder
    #expect(
      try message(
        ["train", "corpus", "--init-from", "model", "--hidden-size", "32", "--model", "other"], status: 64, in: folder)
        == "Error: --hidden-size 32: the model in model, whose weights are taken, has 24. Leave the option out.")
  }

  @Test func aFolderIsNoPrompt() throws {
    let folder = try TestFolder()
    try folder.write("texts/a.txt", "a")
    #expect(
      try message(["generate", "--prompt-file", "texts"], in: folder)
        == "Error: texts: expected a file with the prompt, found a folder. Name a file in it.")
  }

  @Test func aFolderThatHoldsAModelAlready() throws {
    let folder = try TrainedModel.shared.get().folder
    #expect(
      try message(["train", "corpus"], in: folder)
        == "Error: model: holds a model already. Go on with it by --resume, replace it by --overwrite, "
        + "or name another folder with --model.")
  }

  @Test func anOptionThatWouldChangeAResumedRun() throws {
    let folder = try TrainedModel.shared.get().folder
    #expect(
      try message(["train", "--resume", "--hidden-size", "32"], in: folder)
        == "Error: --hidden-size 32: the run in model was begun with 24, and another value would change its result. "
        + "Leave the option out, or begin anew with --overwrite.")
  }

  @Test func anIDThatIsNone() throws {
    let folder = try TrainedModel.shared.get().folder
    #expect(
      try message(["tokenize", "--model", "model", "--decode", "-"], in: folder, input: "5 cat")
        == "Error: standard input: expected ids, whole numbers with blanks or line ends between them, found 'cat'.")
    #expect(
      try message(["tokenize", "--model", "model", "--decode", "-"], in: folder, input: "99999")
        .hasPrefix("Error: the id 99999 is not in the vocabulary, whose ids are 0 to "))
  }

  @Test(arguments: [
    (["--level", "letter"], "--level: expected character, word, whitespace or byte, found 'letter'."),
    (["--normalization", "nfd"], "--normalization: expected none, nfc or nfkc, found 'nfd'."),
    (["--cell", "transformer"], "--cell: expected \(cellNames()), found 'transformer'."),
    (
      ["--learning-rate", "-1"], "--learning-rate: expected a positive number that single precision can hold, found -1."
    ),
    (
      ["--learning-rate", "fast"],
      "--learning-rate: expected a positive number that single precision can hold, found 'fast'."
    ),
    (["--layers", "0"], "--layers: expected a whole number from 1 to 64, found 0."),
    (["--projection-size", "half"], "--projection-size: expected a whole number from 1 to 1000000, found 'half'."),
    (
      ["--projection-size", "256"],
      "the model's projection size: expected a number below the hidden size, 256, found 256."
    ),
    (
      ["--projection-size", "64", "--layer-norm"],
      "the model's projection size: expected none where the gates are normalised, as there is no layer with both, "
        + "found 64."
    ),
    (
      ["--projection-size", "64", "--cell", "lstm-1997"],
      "the model's projection size: expected none for the cell lstm-1997, as only lstm has one, found 64."
    ),
    (
      ["--layer-norm", "--cell", "lstm-coupled"],
      "the model's layer normalisation: expected none for the cell lstm-coupled, as only lstm has one, found one."
    ),
    (["--layers", "1.5"], "--layers: expected a whole number from 1 to 64, found 1.5."),
    (["--dropout", "1"], "--dropout: expected a number from 0 up to, not including, 1, found 1."),
    (
      ["--optimizer", "lion"],
      "--optimizer: expected adamw, adam, sgd, rmsprop, adagrad, asgd or nt-asgd, found 'lion'."
    ),
    (
      ["--schedule", "linear"],
      "--schedule: expected constant, cosine, plateau, step or one-cycle, found 'linear'."
    ),
    (["--optimizer", "rmsprop", "--alpha", "1"], "--alpha: expected a number from 0 to below 1, found 1."),
    (["--beta1", "x"], "--beta1: expected a number from 0 to below 1, found 'x'."),
    (["--beta2", "-1"], "--beta2: expected a number from 0 to below 1, found -1."),
    (["--epsilon", "1e-50"], "--epsilon: expected a positive number that single precision can hold, found 1e-50."),
    (
      ["--learning-rate", "1e39"],
      "--learning-rate: expected a positive number that single precision can hold, found 1e39."
    ),
    (["--clip-value", "1e-50"], "--clip-value: expected a finite number, 0 (off) or more, found 1e-50."),
    (["--weight-decay", "1e39"], "--weight-decay: expected a finite number, 0 or more, found 1e39."),
    (
      ["--find-learning-rate", "--find-from", "1e-300"],
      "--find-from: expected a positive number that single precision can hold, found 1e-300."
    ),
    (["--epsilon", "0"], "--epsilon: expected a positive number that single precision can hold, found 0."),
    (
      ["--optimizer", "sgd", "--epsilon", "1"],
      "--epsilon: only the optimizers 'adamw', 'adam', 'rmsprop' and 'adagrad' have it. Leave the option out."
    ),
    (
      ["--optimizer", "rmsprop", "--nesterov"],
      "--nesterov: only the optimizer 'sgd' has it. Leave the option out."
    ),
    (
      ["--optimizer", "sgd", "--nesterov"],
      "--momentum: expected a number above 0, since Nesterov's look ahead needs one, found 0."
    ),
    (["--centered"], "--centered: only the optimizer 'rmsprop' has it. Leave the option out."),
    (
      ["--non-monotone-interval", "3"],
      "--non-monotone-interval: only the optimizer 'nt-asgd' has it. Leave the option out."
    ),
    (
      ["--optimizer", "nt-asgd", "--non-monotone-interval", "-1"],
      "--non-monotone-interval: expected a whole number from 0 to 1000000, found -1."
    ),
    (["--warmup-steps", "-1"], "--warmup-steps: expected a whole number, 0 or more, found -1."),
    (["--step-after", "2"], "--step-after: only the schedule 'step' has it. Leave the option out."),
    (
      ["--schedule", "step", "--step-after", "1.5"],
      "--step-after: expected a whole number from 0 to 1000000000, found 1.5."
    ),
    (
      ["--schedule", "step", "--step-factor", "0.5"],
      "--step-factor: expected a finite number, 1 or more, found 0.5."
    ),
    (
      ["--schedule", "plateau", "--plateau-factor", "1"],
      "--plateau-factor: expected a number between 0 and 1, found 1."
    ),
    (
      ["--schedule", "plateau", "--plateau-patience", "-1"],
      "--plateau-patience: expected a whole number from 0 to 1000000000, found -1."
    ),
    (
      ["--schedule", "one-cycle", "--one-cycle-rise", "0"],
      "--one-cycle-rise: expected a number between 0 and 1, found 0."
    ),
    (
      ["--schedule", "step", "--final-learning-rate-fraction", "0.1"],
      "--final-learning-rate-fraction: only the schedule 'cosine' has it. Leave the option out."
    ),
    (["--weight-decay", "-0.1"], "--weight-decay: expected a finite number, 0 or more, found -0.1."),
    (["--clip-norm", "-1"], "--clip-norm: expected a finite number, 0 (off) or more, found -1."),
    (["--epochs", "0"], "--epochs: expected a whole number from 1 to 1000000000, found 0."),
    (["--max-steps", "0"], "--max-steps: expected a whole number, 1 or more, found 0."),
    (["--time-limit", "inf"], "--time-limit: expected a positive finite number of seconds, found inf."),
    (
      ["--checkpoint-every", "1m"],
      "--checkpoint-every: expected a number of steps such as 500, or of seconds such as 60s, found '1m'."
    ),
    (["--divergence-retries", "-1"], "--divergence-retries: expected a whole number from 0 to 1000, found -1."),
    (
      ["--validate-every", "0"],
      "--validate-every: expected a number of steps such as 500, or of epochs such as 5epochs, or epoch, found 0."
    ),
    (["--patience", "few"], "--patience: expected a whole number, 1 or more, found 'few'."),
    (
      ["--patience", "3", "--validation", "0"],
      "--patience: it goes by the validation loss, and --validation is 0. Leave one of them out."
    ),
    (
      ["--optimizer", "nt-asgd", "--validation", "0"],
      "--optimizer nt-asgd: it goes by the validation loss, and --validation is 0. Leave one of them out."
    ),
    (
      ["--initial-weights", "uniform:0"],
      "--initial-weights: expected standard, awd-lstm, or uniform: with a positive finite number, as in uniform:0.1, "
        + "found 'uniform:0'."
    ),
    (
      ["--initial-weights", "uniform:0.1", "--init-from", "m"],
      "--initial-weights, --init-from: both tell what training starts from. Leave one out."
    ),
    (["--svg", "a.svg"], "--svg: only --find-learning-rate has it. Leave the option out."),
    (
      ["--find-learning-rate", "--find-from", "0"],
      "--find-from: expected a positive number that single precision can hold, found 0."
    ),
    (
      ["--find-learning-rate", "--find-from", "1", "--find-to", "0.1"],
      "--find-to: expected a number above that of --find-from, found 0.1."
    ),
    (
      ["--find-learning-rate", "--find-steps", "5"],
      "--find-steps: expected a whole number from 10 to 1000000, found 5."
    ),
    (
      ["--find-learning-rate", "--resume"],
      "--find-learning-rate, --resume: a run that goes on has its rate. Leave one out."
    ),
    (["--seed", "-1"], "--seed: expected a whole number from 0 to 2⁶⁴ − 1, found -1."),
    (["--threads", "0"], "--threads: expected a whole number from 1 to 1024, found 0."),
    (
      ["--validation", "1.5"],
      "--validation: expected a fraction from 0 up to, not including, 1, or a file, found 1.5."
    ),
    (
      ["--vocabulary-size", "100"],
      "a vocabulary of 100 tokens is too small: the level 'character' needs at least 257 "
        + "(<eos> and the 256 bytes that spell any text). Give a larger size."
    ),
    (
      ["--vocabulary", "v.txt", "--min-count", "2"],
      "--min-count: a vocabulary from a file has its size already. Leave out this or --vocabulary."
    ),
    (
      ["--level", "byte", "--strip-ruby"],
      "--strip-ruby: the level 'byte' takes the text as it stands. Leave the option out."
    ),
    (
      ["--momentum", "0.9"],
      "--momentum: only the optimizers 'sgd' and 'rmsprop' have it. Leave the option out."
    ),
    (
      ["--validation", "-0.1"],
      "--validation: expected a fraction from 0 up to, not including, 1, or a file, found -0.1."
    ),
    (
      ["--encoding", "latin-99"],
      "--encoding: 'latin-99' is no encoding that ICU knows. Use 'auto', or a name such as UTF-8, UTF-16LE, "
        + "Shift_JIS or EUC-JP."
    ),
    (
      ["--locale", "klingonese"],
      "--locale: 'klingonese' is no locale that ICU knows. Use a language such as ja, en or th."
    ),
    (["--resume", "--overwrite"], "--resume, --overwrite: a run goes on or begins anew. Leave one out."),
  ])
  func anOptionThatCannotBe(_ options: [String], _ expected: String) throws {
    #expect(try message(["train", "text.txt"] + options, status: 64, in: TestFolder()) == "Error: " + expected)
  }

  @Test(arguments: [
    (
      ["generate", "--temperature", "-1"],
      "--temperature: expected a number of 0 or more, found -1. "
        + "0 takes the likeliest token each time, 0.8 is usual."
    ),
    (
      ["generate", "--top-p", "2"],
      "--top-p: expected a number above 0 and up to 1, found 2. 1 switches the rule off, 0.95 is usual."
    ),
    (["generate", "-n", "many"], "--max-tokens: expected a whole number, 0 or more, found 'many'."),
    (
      ["generate", "-p", "a", "--prompt-file", "b"],
      "--prompt, --prompt-file: there can be one prompt only. Leave one out."
    ),
    (
      ["evaluate", "x", "--tokens-out", "-", "--json"],
      "--tokens-out -, --json: both write to standard output. Name a file, or leave one out."
    ),
    (
      ["evaluate", "x", "--window", "9223372036854775807"],
      "--window: expected a whole number from 1 to 1000000, found 9223372036854775807."
    ),
    (["evaluate", "x", "--window", "0"], "--window: expected a whole number from 1 to 1000000, found 0."),
    (["tokenize", "x", "--ids"], "--ids: ids need a vocabulary. Give --model or --vocabulary."),
    (
      ["tokenize", "x", "--model", "m", "--level", "word"],
      "--level: the model decides it. Leave out this or --model."
    ),
    (["train"], "Missing expected argument '<corpus> ...'"),
  ])
  func aUsageThatIsWrong(_ arguments: [String], _ expected: String) throws {
    #expect(try message(arguments, status: 64, in: TestFolder()) == "Error: " + expected)
  }
}

/// All cells, as a message lists them.
private func cellNames() -> String {
  let names = CellKind.allCases.map(\.rawValue)
  return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
}
