import ArgumentParser
import Tsuzuri

/// `tsuzuri fill`: what may stand where a text says `[MASK]`.
struct Fill: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Fill in what a text leaves open.",
    discussion: """
      Each [MASK] of the prompt is filled with one token, by what stands on both sides of it. The model must have been \
      trained with --bidirectional.
      """)

  @OptionGroup var folder: ModelFolderOption

  @Option(
    name: .shortAndLong, parsing: .unconditional,
    help: ArgumentHelp("The text, with [MASK] where a token is missing.", valueName: "text"))
  var prompt: String

  @Option(parsing: .unconditional, help: ArgumentHelp("How many texts are offered (default: 5).", valueName: "n"))
  var top: String?

  // Commands that compute take the option; one text leaves nothing for a second thread.
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var output: OutputOptions

  func validate() throws {
    _ = try count()
    do {
      try MaskFiller.checkMasks(of: prompt)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func run() throws {
    let loaded = try folder.load(Screen(output))
    guard loaded.model.configuration.isBidirectional else {
      throw FillError.notBidirectional(model: folder.model)
    }
    let fillings = try loaded.fill(prompt, top: try count())
    let out = StandardOutput()
    if output.json {
      try out.print(json(fillings, loaded.tokenizer.vocabulary).text)
    } else {
      for filling in fillings {
        try out.print("\(Figures.decimals(filling.logProbability, 3))  \(filling.text)")
      }
    }
    try out.flush()
  }

  private func json(_ fillings: [MaskFiller.Filling], _ vocabulary: Vocabulary) -> JSON {
    .object([
      ("prompt", .string(prompt)),
      (
        "fillings",
        .array(
          fillings.map { filling in
            .object([
              ("text", .string(filling.text)), ("log_probability", .number(filling.logProbability)),
              ("tokens", .array(filling.tokens.map { .string(vocabulary.escapedToken($0)) })),
            ])
          })
      ),
    ])
  }

  private func count() throws -> Int {
    try top.map { try Settings.wholeNumber($0, "top", in: 1...MaskFiller.maximumCount) } ?? 5
  }
}
