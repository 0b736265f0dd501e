import ArgumentParser
import Tsuzuri

/// What a line of an interactive session asks for.
enum InteractiveCommand: Equatable {
  /// Text to go on from; empty for no more than a text's continuation.
  case text(String)
  case help
  case settings
  case reset
  case seed(UInt64)
  /// A setting by its name, without hyphens.
  case set(String, String)
  /// One more text or token for a list of them, or nil to empty it.
  case add(String, String?)
  case quit

  /// The settings that a line can change.
  static let settingNames = [
    "temperature", "top-k", "typical-p", "top-p", "min-p", "repetition-penalty", "presence-penalty",
    "frequency-penalty", "repetition-window", "no-repeat-ngram", "max-tokens", "min-tokens",
  ]
  /// The lists that a line can add to.
  static let listNames = ["stop", "ban", "logit-bias"]

  /// Reads a line.
  ///
  /// - Throws: `ValidationError` for a command that is none.
  init(_ line: String) throws {
    guard line.hasPrefix("/") else {
      self = .text(line)
      return
    }
    if line.hasPrefix("//") {
      self = .text(String(line.dropFirst()))
      return
    }
    let name = line.dropFirst().prefix { !$0.isWhitespace }
    let value = String(line.dropFirst(name.count + 1).drop(while: \.isWhitespace))
    switch name {
    case "help", "?": self = .help
    case "settings", "set", "show": self = .settings
    case "reset", "clear": self = .reset
    case "quit", "exit", "bye", "q": self = .quit
    case "seed":
      guard let seed = UInt64(value) else {
        throw ValidationError("/seed: expected a whole number from 0 to 2⁶⁴ − 1, found '\(value)'.")
      }
      self = .seed(seed)
    case "temp": self = .set("temperature", value)
    case let name where Self.settingNames.contains(String(name)): self = .set(String(name), value)
    // A blank may be what a stop text begins with: only the one behind the command goes.
    case let name where Self.listNames.contains(String(name)):
      let text = String(line.dropFirst(name.count + 2))
      self = .add(String(name), text.isEmpty ? nil : text)
    default:
      throw ValidationError(
        "/\(name): there is no such command. /help lists them; a text that begins with / begins with //.")
    }
  }

  /// What /help shows.
  static let helpText = """
    A line is read, and the text goes on from there; an empty line lets it go on by itself.
    A line that ends in \\ goes on in the next one. A line that begins with // is text that begins with /.
      /reset                  forget all that was read and written
      /seed N                 begin the draws anew
      /max-tokens N           how long a text becomes; /min-tokens N
      /temperature X          and /top-k /typical-p /top-p /min-p /repetition-penalty /presence-penalty
                              /frequency-penalty /repetition-window /no-repeat-ngram, as the options are called
      /stop TEXT              a text that ends a turn; alone, none does
      /ban TEXT               a text that must not appear; alone, all may
      /logit-bias TOKEN=X     add to a token's logit; alone, to none
      /settings               what holds now
      /help  /quit
    Ctrl-C stops the text that is being written, Ctrl-D ends.
    """
}
