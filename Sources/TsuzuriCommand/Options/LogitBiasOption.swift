import ArgumentParser
import Tsuzuri

/// `--logit-bias TOKEN=VALUE`: the token as `vocabulary.txt` and `tsuzuri tokenize` write it. The last `=` decides, so a
/// token may hold one itself.
struct LogitBiasOption {
  let token: String
  let value: Double

  init(_ text: String) throws {
    guard let sign = text.lastIndex(of: "="), sign > text.startIndex else {
      throw ValidationError("--logit-bias: expected TOKEN=VALUE, as in 'the=-2' or '猫=-inf', found '\(text)'.")
    }
    let number = String(text[text.index(after: sign)...])
    guard let value = Double(number), value.isFinite || value == -.infinity else {
      throw ValidationError(
        "--logit-bias: expected a finite number, or -inf, behind the last '=' of '\(text)', found '\(number)'.")
    }
    token = String(text[..<sign])
    self.value = value
  }

  /// The bias, for a model with this vocabulary.
  func bias(_ vocabulary: Vocabulary) throws -> LogitBias {
    guard let id = vocabulary.id(escapedToken: token) else {
      throw ValidationError(
        "--logit-bias: expected one of the model's tokens, found '\(token)'. "
          + "'tsuzuri tokenize --model DIR' shows those of a text, as they are to be written here.")
    }
    return LogitBias(token: id, value: value)
  }
}
