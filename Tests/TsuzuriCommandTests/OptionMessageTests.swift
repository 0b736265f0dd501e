import Testing
import Tsuzuri
import _TestSupport

/// What the command says of options that it cannot take, word for word.
struct OptionMessageTests {
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
    #expect(try errorMessage(["train", "text.txt"] + options, status: 64, in: TestFolder()) == "Error: " + expected)
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
    #expect(try errorMessage(arguments, status: 64, in: TestFolder()) == "Error: " + expected)
  }
}

/// All cells, as a message lists them.
private func cellNames() -> String {
  let names = CellKind.allCases.map(\.rawValue)
  return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
}
