import ArgumentParser

/// `tsuzuri ngram`: models that count, to judge networks by.
struct NGram: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ngram",
    abstract: "Train n-gram models, the baseline that networks are judged by.",
    discussion: "A model that it makes is one for 'generate', 'evaluate', 'tokenize' and 'info'.",
    subcommands: [NGramTrain.self])
}
