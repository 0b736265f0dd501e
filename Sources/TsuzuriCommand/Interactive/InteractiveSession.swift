import ArgumentParser
import Glibc
import Tsuzuri

/// `tsuzuri generate --interactive`: a piece of text, its continuation, and again.
struct InteractiveSession {
  private let session: WritingSession
  private let vocabulary: Vocabulary
  private let screen: Screen
  private let reader = LineReader()
  private let output = StandardOutput()
  private var settings: Settings
  private var lists: [String: [String]]
  private var options: GenerationOptions

  /// - Parameters:
  ///   - session: what writes.
  ///   - settings: what the command line says.
  ///   - lists: the texts and tokens of the options that can be given several times, by their names.
  init(
    _ session: WritingSession, _ vocabulary: Vocabulary, settings: Settings, lists: [String: [String]], _ screen: Screen
  ) throws {
    self.session = session
    self.vocabulary = vocabulary
    self.settings = settings
    self.lists = lists
    self.screen = screen
    options = try Self.options(settings, lists, vocabulary)
  }

  private static func options(
    _ settings: Settings, _ lists: [String: [String]], _ vocabulary: Vocabulary
  ) throws -> GenerationOptions {
    let bias = try (lists["logit-bias"] ?? []).map { try LogitBiasOption($0).bias(vocabulary) }
    return try settings.generationOptions(
      rules: try settings.samplingRules(logitBias: bias), stop: lists["stop"] ?? [], ban: lists["ban"] ?? [])
  }

  /// Reads and writes until there is no more to read, or somebody asks for the end.
  ///
  /// - Parameter first: what is read before anything is asked for.
  mutating func run(first: String?) throws {
    // Who types stops a text by Ctrl-C; a script ends by it, as by any other signal.
    if reader.isInteractive {
      StopSignals.watch()
      screen.tell("/help lists the commands; Ctrl-C stops a text, Ctrl-D ends.")
    }
    if let first { try write(after: first) }
    while true {
      switch try nextLine() {
      case .end:
        if let signal = StopSignals.pending, signal != SIGINT { _exit(128 + signal) }
        return
      case .cancelled: StopSignals.forgetInterrupt()
      case .line(let line):
        do {
          let command = try InteractiveCommand(line)
          if command == .quit { return }
          try obey(command)
        } catch let error as ValidationError {
          screen.print(Self.message(error))
        }
      }
    }
  }

  /// A line with those that it says go on from it.
  private func nextLine() throws -> LineReader.Input {
    var text: String?
    while true {
      let input = try reader.read(text == nil ? "> " : "… ")
      guard case .line(let line) = input else {
        // Nothing need stand behind a script's last line.
        if input == .end, let text { return .line(text) }
        return input
      }
      guard line.hasSuffix("\\") else { return .line((text ?? "") + line) }
      text = (text ?? "") + line.dropLast() + "\n"
    }
  }

  private mutating func obey(_ command: InteractiveCommand) throws {
    switch command {
    case .text(let text): try write(after: text)
    case .help: screen.print(InteractiveCommand.helpText)
    case .settings: screen.print(shownSettings)
    case .reset: try session.reset()
    case .seed(let seed): session.draw(fromSeed: seed)
    case .set(let name, let value):
      var changed = settings
      changed.set(name, to: value)
      options = try Self.options(changed, lists, vocabulary)
      settings = changed
    case .add(let name, let text):
      var changed = lists
      changed[name] = text.map { (lists[name] ?? []) + [$0] } ?? []
      options = try Self.options(settings, changed, vocabulary)
      lists = changed
    case .quit: break
    }
  }

  private func write(after piece: String) throws {
    StopSignals.forgetInterrupt()
    var last: Character = "\n"
    let sample = try session.write(after: piece, options: options, isStopped: { StopSignals.pending != nil }) {
      last = $0.last ?? last
      try output.write($0)
      try output.flush()
    }
    // A person's next line begins at the left; a script finds each text on lines of its own.
    if last != "\n" || !reader.isInteractive { try output.print("") }
    try output.flush()
    if sample.finishReason == .endOfText, reader.isInteractive { screen.tell("(the text ended)") }
    guard let signal = StopSignals.pending else { return }
    if signal != SIGINT { _exit(128 + signal) }
    // It has stopped the text, and is not to give up the next line, too.
    StopSignals.forgetInterrupt()
  }

  private var shownSettings: String {
    let values = InteractiveCommand.settingNames.map { "/\($0) \(settings.text($0))" }
    let added = InteractiveCommand.listNames.flatMap { name in (lists[name] ?? []).map { "/\(name) \($0)" } }
    return (values + added).joined(separator: "\n")
  }

  /// A command line's message, with the command's name as it is called here.
  private static func message(_ error: ValidationError) -> String {
    let message = error.message
    return message.hasPrefix("--") ? "/" + message.dropFirst(2) : message
  }
}
