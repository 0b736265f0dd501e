import Testing
import _TestSupport

/// Whole messages and exit statuses: 1 where the work fails, 64 where the command is used wrongly.
struct ErrorMessageTests {
  @Test func aMissingFile() throws {
    #expect(
      try errorMessage(["train", "nowhere.txt"], in: TestFolder())
        == "Error: nowhere.txt: no such file or folder. Check the name, or give '-' to read standard input.")
  }

  @Test func anEmptyCorpus() throws {
    let folder = try TestFolder()
    try folder.write("empty.txt", "")
    #expect(
      try errorMessage(["train", "empty.txt"], in: folder)
        == "Error: empty.txt: there is no text in it. Name a text that is not empty.")
    #expect(
      try errorMessage(["train", "-"], in: folder)
        == "Error: standard input: there is no text in it. Name a text that is not empty.")
  }

  @Test func aCorpusShorterThanOneWindow() throws {
    let folder = try TestFolder()
    try folder.write("short.txt", "短い。\n")
    #expect(
      try errorMessage(["train", "short.txt", "--validation", "0"], in: folder)
        == "Error: the training text has 5 tokens, but one window of 64 tokens in each of 32 lanes takes 2049. "
        + "Give more text, or a smaller batch size or sequence length.")
  }

  @Test func brokenUTF8() throws {
    let folder = try TestFolder()
    try folder.write("broken.txt", Array("猫は".utf8) + [0xE3, 0x81] + Array("と\n".utf8))
    #expect(
      try errorMessage(["train", "broken.txt"], in: folder)
        == "Error: broken.txt: the bytes E3 81 at byte offset 6 mean nothing in UTF-8. Name the right encoding with "
        + "'--encoding', or put U+FFFD in place of such bytes with '--lossy'.")
  }

  @Test func aFolderWithoutText() throws {
    let folder = try TestFolder()
    try folder.write("pictures/cat.png", [0x89])
    #expect(
      try errorMessage(["train", "pictures"], in: folder)
        == "Error: pictures: the folder holds no .txt and no .txt.gz file, nor do the folders below it. "
        + "Name a file, or give the texts one of these endings.")
  }

  @Test func aFolderThatIsNoModel() throws {
    let folder = try TestFolder()
    try folder.write("empty/readme.txt", "nothing")
    for command in [["generate"], ["evaluate", "x.txt"]] {
      #expect(
        try errorMessage(command + ["--model", "empty"], in: folder)
          == "Error: empty: expected a model folder, found no config.json in it. "
          + "Name a folder that 'tsuzuri train' has written.")
    }
    #expect(
      try errorMessage(["generate"], in: folder)
        == "Error: model: expected a model folder, found none. Train one with 'tsuzuri train CORPUS --model model'.")
  }

  @Test func aVocabularyThatDoesNotFit() throws {
    let folder = try TestFolder()
    try folder.write("text.txt", "the cat sat")
    try folder.write("words.txt", "<eos>\n<unk>\nthe\ncat\n")
    #expect(
      try errorMessage(["train", "text.txt", "--vocabulary", "words.txt"], status: 64, in: folder)
        == "Error: --vocabulary: the level 'character' needs a vocabulary with byte tokens (<eos>, <0x00> to <0xFF>, text), "
        + "found a closed vocabulary (<eos>, <unk>, 2 words). Give the level that the vocabulary was made for, "
        + "or build another with 'tsuzuri vocabulary build'.")
    try folder.write("twice.txt", "<eos>\n<unk>\ncat\ncat\n")
    #expect(
      try errorMessage(["train", "text.txt", "--level", "whitespace", "--vocabulary", "twice.txt"], in: folder)
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
      try errorMessage(["train", "text.txt", "--preset", "my.options"], status: 64, in: folder)
        == "Error: my.options, line 3: " + expected)
  }

  @Test func aFileWhereTheModelsFolderShallBe() throws {
    let folder = try TestFolder()
    try folder.write("text.txt", "the cat sat")
    try folder.write("taken", "")
    for path in ["taken", "taken/model"] {
      #expect(
        try errorMessage(["train", "text.txt", "--model", path], in: folder)
          == "Error: \(path): the folder cannot be made: Not a directory. Choose another place with --model.")
    }
  }

  @Test func resumingWhereThereIsNoFolder() throws {
    #expect(
      try errorMessage(["train", "--resume", "--model", "nowhere"], status: 64, in: TestFolder())
        == "Error: --resume: there is no folder nowhere. Name the run's folder with --model, "
        + "or a corpus to begin with.")
  }

  @Test func aSizeThatContradictsTheModelToStartFrom() throws {
    let folder = try TrainedModel.shared.get().folder
    #expect(
      try errorMessage(
        ["train", "corpus", "--init-from", "model", "--hidden-size", "32", "--model", "other"], status: 64, in: folder)
        == "Error: --hidden-size 32: the model in model, whose weights are taken, has 24. Leave the option out.")
  }

  @Test func aFolderIsNoPrompt() throws {
    let folder = try TestFolder()
    try folder.write("texts/a.txt", "a")
    #expect(
      try errorMessage(["generate", "--prompt-file", "texts"], in: folder)
        == "Error: texts: expected a file with the prompt, found a folder. Name a file in it.")
  }

  @Test func aFolderThatHoldsAModelAlready() throws {
    let folder = try TrainedModel.shared.get().folder
    #expect(
      try errorMessage(["train", "corpus"], in: folder)
        == "Error: model: holds a model already. Go on with it by --resume, replace it by --overwrite, "
        + "or name another folder with --model.")
  }

  @Test func anOptionThatWouldChangeAResumedRun() throws {
    let folder = try TrainedModel.shared.get().folder
    #expect(
      try errorMessage(["train", "--resume", "--hidden-size", "32"], in: folder)
        == "Error: --hidden-size 32: the run in model was begun with 24, and another value would change its result. "
        + "Leave the option out, or begin anew with --overwrite.")
  }

  @Test func anIDThatIsNone() throws {
    let folder = try TrainedModel.shared.get().folder
    #expect(
      try errorMessage(["tokenize", "--model", "model", "--decode", "-"], in: folder, input: "5 cat")
        == "Error: standard input: expected ids, whole numbers with blanks, commas or line ends between them, found 'cat'."
    )
    #expect(
      try errorMessage(["tokenize", "--model", "model", "--decode", "-"], in: folder, input: "99999")
        .hasPrefix("Error: the id 99999 is not in the vocabulary, whose ids are 0 to "))
  }
}

/// Runs the command, which must fail without a word on standard output; returns the message.
func errorMessage(
  _ arguments: [String], status: Int32 = 1, in folder: TestFolder, input: String = ""
) throws -> String {
  let outcome = try TestCommand().run(arguments + ["--quiet"], in: folder, input: input)
  #expect(outcome.status == status)
  #expect(outcome.output == "")
  // A wrong usage is followed by how it is used rightly.
  return String(status == 64 ? outcome.errors.prefix { $0 != "\n" } : outcome.errors.dropLast())
}
