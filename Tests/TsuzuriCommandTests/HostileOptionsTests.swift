import Foundation
import Testing
import _TestSupport

/// Every option of every command with values that nobody means: a clear result or a clear message, within bounded memory
/// and time, and never a trap.
struct HostileOptionsTests {
  /// A bound on memory is one on addresses, of which a sanitizer takes its own.
  private static let hasSanitizer = ProcessInfo.processInfo.environment["TSUZURI_SANITIZER"] != nil

  /// A command and what it needs to run for a moment.
  private static let commands: [(path: [String], arguments: [String])] = [
    (["train"], ["text.txt", "--validation", "0", "--max-steps", "2", "--model", "OUT"] + small),
    (["ngram", "train"], ["text.txt", "--model", "OUT"]),
    (["generate"], ["--model", "model", "-n", "3", "--prompt", "a", "--seed", "1"]),
    (["evaluate"], ["--model", "model", "gap.txt"]),
    (["fill"], ["--model", "both", "--prompt", "a[MASK]"]),
    (
      ["compare"],
      ["text.txt", "--cells", "rnn", "--seeds", "1", "--measurements", "1", "--max-steps", "2", "--output", "OUT"]
        + small
    ),
    (["tokenize"], ["gap.txt"]), (["vocabulary", "build"], ["text.txt", "--output", "OUT"]),
    (["vocabulary", "show"], ["v.txt"]), (["info"], ["model"]),
    (["export"], ["--model", "model", "--format", "onnx", "--output", "OUT"]),
    (["import"], ["torch/model.safetensors", "--vocabulary", "torch/vocabulary.txt", "--model", "OUT"]),
    (["logits"], ["gap.txt", "--model", "model", "--output", "OUT"]),
    (["benchmark", "train"], ["--seconds", "0.02"] + small),
    (
      ["benchmark", "generate"], ["--seconds", "0.02", "--hidden-size", "4", "--embedding-size", "4", "--layers", "1"]
    ),
    (["benchmark", "tokenize"], ["gap.txt"]), (["score"], ["--model", "model", "gap.txt"]),
    (["preset"], ["char-small"]),
  ]

  private static let small = [
    "--hidden-size", "4", "--embedding-size", "4", "--layers", "1", "--batch-size", "2", "--sequence-length", "4",
  ]

  /// `TSUZURI_ALL_VALUES=1` tries all of them, which takes some minutes.
  private static let values: [String] = {
    let few = ["0", "-1", "9223372036854775807", "99999999999999999999", "1e308", "nan"]
    let isAll = ProcessInfo.processInfo.environment["TSUZURI_ALL_VALUES"] != nil
    return isAll
      ? few + [
        "1", "1000000", "inf", "-inf", "1e-320", "-0", "", "猫", "none", "0x10", " 3", "1,2,,", "../../x", "/dev/null",
        "\u{1B}[2J", String(repeating: "9", count: 5000),
      ] : few
  }()

  /// Work that such a value rightly makes endless.
  private static let endless = ["--max-tokens", "-n", "--seconds", "--max-steps"]

  private static let files = Result { try makeFiles() }

  private static func makeFiles() throws -> TestFolder {
    let folder = try TestFolder()
    let story = try String(
      contentsOfFile: TestCorpora.packageRoot + "/corpora/en/01-the-inspector.txt", encoding: .utf8)
    try folder.write("text.txt", String(story.prefix(3000)))
    try folder.write("gap.txt", "a")
    let train = ["train", "text.txt", "--validation", "0", "--max-steps", "2", "--quiet"] + small
    for arguments in [
      train, train + ["--model", "both", "--bidirectional"], ["vocabulary", "build", "text.txt", "--output", "v.txt"],
      ["export", "--format", "pytorch", "--output", "torch"],
    ] {
      let outcome = try TestCommand().run(arguments, in: folder)
      #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
    }
    return folder
  }

  /// What the command tells of itself.
  private static func help(in folder: TestFolder) throws -> [String: Any] {
    let dump = try TestCommand().run(["--experimental-dump-help"], in: folder).output
    let object = try JSONSerialization.jsonObject(with: Data(dump.utf8)) as? [String: Any]
    return try #require(object?["command"] as? [String: Any])
  }

  /// The commands that have none below them.
  private static func leaves(of command: [String: Any], below path: [String] = []) -> [[String]] {
    let children = (command["subcommands"] as? [[String: Any]] ?? []).filter { $0["commandName"] as? String != "help" }
    if children.isEmpty { return [path] }
    return children.flatMap { leaves(of: $0, below: path + [$0["commandName"] as? String ?? "?"]) }
  }

  @Test func noCommandIsLeftOut() throws {
    let all = try Self.leaves(of: Self.help(in: Self.files.get()))
    #expect(Set(Self.commands.map(\.path)) == Set(all))
  }

  /// The options of a command, as it tells of them itself.
  private static func options(of path: [String], in folder: TestFolder) throws -> [String] {
    var command: Any? = try help(in: folder)
    for name in path {
      let children = (command as? [String: Any])?["subcommands"] as? [[String: Any]] ?? []
      command = children.first { $0["commandName"] as? String == name }
    }
    let arguments = (command as? [String: Any])?["arguments"] as? [[String: Any]] ?? []
    return arguments.filter { $0["kind"] as? String == "option" }.compactMap { argument in
      let names = argument["names"] as? [[String: Any]] ?? []
      return names.first { $0["kind"] as? String == "long" }?["name"].map { "--\($0)" }
    }
  }

  @Test(arguments: commands.map { $0.path.joined(separator: " ") })
  func noValueOfAnyOptionIsTooMuch(name: String) throws {
    let folder = try Self.files.get()
    let command = try #require(Self.commands.first { $0.path.joined(separator: " ") == name })
    let options = try Self.options(of: command.path, in: folder)
    // Without a value that nobody means it works.
    let plain = (command.path + command.arguments).map { "'\($0 == "OUT" ? "out-\(UUID().uuidString)" : $0)'" }
    let baseline = try TestCommand().runInShell("COMMAND " + plain.joined(separator: " "), in: folder)
    #expect(baseline.status == 0, "\(plain): \(baseline.errors.suffix(300))")
    #expect(!options.isEmpty || [["info"], ["vocabulary", "show"], ["preset"]].contains(command.path))
    for option in options {
      for value in Self.values {
        let output = "out-\(UUID().uuidString)"
        var arguments = command.path + command.arguments.map { $0 == "OUT" ? output : $0 }
        if let index = arguments.firstIndex(of: option) { arguments.removeSubrange(index...index + 1) }
        arguments.append("\(option)=\(value)")
        let words = arguments.map { "'\($0)'" }.joined(separator: " ")
        let seconds = Self.hasSanitizer && !Self.endless.contains(option) ? 200 : 30
        let outcome = try TestCommand().runInShell(
          "ulimit \(Self.hasSanitizer ? "" : "-v 8000000 ")-c 0; timeout -s KILL \(seconds) COMMAND "
            + "\(words); s=$?; rm -rf '\(output)'; exit $s", in: folder)
        if outcome.status == 137, Self.endless.contains(option) { continue }
        #expect([0, 1, 64].contains(outcome.status), "\(words): \(outcome.status), \(outcome.errors.suffix(300))")
        // What a model writes after a prompt is shown as it is.
        let isPlain = outcome.errors.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" }
        #expect(isPlain || option == "--sample-prompt", "\(words): control characters")
        if outcome.status != 0 {
          let message = outcome.errors.split(separator: "\n").first { $0.hasPrefix("Error: ") }
          #expect(message != nil, "\(words): \(outcome.errors.prefix(300))")
          #expect((message ?? "").utf8.count < 1000, "\(words): \(message?.utf8.count ?? 0) bytes of message")
        }
      }
    }
  }

  /// What the estimate lets through is refused where it is asked for.
  @Test(.disabled(if: hasSanitizer, "a bound on addresses"))
  func memoryThatIsNotThereIsAnErrorAndNoCrash() throws {
    let folder = try Self.files.get()
    let sizes = "--hidden-size 4 --embedding-size 200000 --layers 1 --batch-size 2 --sequence-length 4"
    // Weights of 255 MB: as low as the estimate is, it asks for 1.79 GB, and 2 GB are needed.
    let outcome = try TestCommand().runInShell(
      "ulimit -v 1900000 -c 0; COMMAND train text.txt --validation 0 --max-steps 2 --model big --quiet \(sizes)",
      in: folder)
    #expect(outcome.status == 1)
    let pattern = #/Error: there is no memory for [0-9.]+ [MG]B more\. What was saved is as it was\. /#
    #expect(outcome.errors.firstMatch(of: pattern) != nil, "\(outcome.errors)")
    #expect(outcome.errors.hasSuffix(" Give smaller sizes, or end other programs.\n"), "\(outcome.errors)")
  }

  @Test(.disabled(if: hasSanitizer, "a bound on addresses"))
  func sizesThatNoMachineHasAreRefusedBeforeAnythingIsAllocated() throws {
    let folder = try Self.files.get()
    let limit = "ulimit -v 4000000"
    let outcome = try TestCommand().runInShell(
      "\(limit); COMMAND benchmark train --hidden-size 20000 --layers 1 --quiet", in: folder)
    #expect(outcome.status == 1)
    #expect(
      outcome.errors == "Error: training this model would take at least 26.44 GB of memory, and this process may use "
        + "4.10 GB. Give a smaller --hidden-size, --embedding-size, --layers, --vocabulary-size, --batch-size or "
        + "--sequence-length.\n")
    let samples = try TestCommand().runInShell(
      "\(limit); COMMAND benchmark generate --vocabulary-size 1000000 --batch-size 100000 --quiet", in: folder)
    #expect(samples.status == 1)
    #expect(samples.errors.hasPrefix("Error: writing so many texts at once would take at least "), "\(samples.errors)")
    #expect(
      samples.errors.hasSuffix(". Give a smaller --batch-size, --hidden-size or --vocabulary-size.\n"),
      "\(samples.errors)")
  }
}
