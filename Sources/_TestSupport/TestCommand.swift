internal import Foundation

/// The command that was built beside the tests, run as its users run it.
public struct TestCommand: Sendable {
  /// How a run ended.
  public struct Outcome: Sendable {
    /// The exit status; 128 and the signal's number where a signal ended the process.
    public var status: Int32
    /// What came on standard output.
    public var output: String
    /// What came on standard error.
    public var errors: String
  }

  /// Where the command is.
  public let path: String

  /// The command called `name` in the folder of the test bundle.
  ///
  /// - Throws: ``Missing`` where it was not built.
  public init(_ name: String = "tsuzuri") throws {
    // The bundle is the process itself on Linux; arguments can be relative to a folder that is no longer the current.
    let bundle =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    path = (bundle as NSString).deletingLastPathComponent + "/" + name
    guard FileManager.default.isExecutableFile(atPath: path) else { throw Missing(path: path) }
  }

  /// Nothing was built at the place where the command is expected.
  public struct Missing: Error, CustomStringConvertible {
    let path: String
    /// The message.
    public var description: String { "\(path): the command is not built. Run 'swift build --build-tests' first." }
  }

  /// Runs the command to its end.
  public func run(
    _ arguments: [String], in folder: TestFolder, input: String = "", environment: [String: String] = [:]
  ) throws -> Outcome {
    try start(arguments, in: folder, input: input, environment: environment).wait()
  }

  /// Runs a line of the shell in which COMMAND stands for the command, for `seconds` at most.
  public func runInShell(_ line: String, in folder: TestFolder, seconds: Double = 300) throws -> Outcome {
    let line = line.replacingOccurrences(of: "COMMAND", with: "'\(path)'")
    return try Self(path: "/bin/bash").start(["-c", line], in: folder).wait(seconds: seconds)
  }

  private init(path: String) { self.path = path }

  /// Starts the command with `folder` as its current folder and the place of its cache.
  ///
  /// Its streams are files, so that no full pipe can hold it up.
  public func start(
    _ arguments: [String], in folder: TestFolder, input: String = "", environment: [String: String] = [:]
  ) throws -> RunningCommand {
    let name = ".run-\(UUID().uuidString)"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    // Whoever runs the tests under a sanitizer tells it what to look for.
    let sanitizer = ProcessInfo.processInfo.environment.filter { ["ASAN_OPTIONS", "TSAN_OPTIONS"].contains($0.key) }
    process.environment = ["XDG_CACHE_HOME": folder["cache"], "PATH": "/usr/bin:/bin"]
      .merging(sanitizer) { $1 }.merging(environment) { $1 }
    func stream(_ kind: String, _ content: String = "") throws -> String {
      try folder.write("\(name).\(kind)", content)
    }
    process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: stream("in", input)))
    let (output, errors) = (try stream("out"), try stream("err"))
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
    try process.run()
    return RunningCommand(process: process, outputPath: output, errorPath: errors, folder: folder)
  }
}

/// A command that has been started.
public final class RunningCommand {
  private let process: Process
  private let outputPath: String
  private let errorPath: String
  /// Keeps the folder as long as the command may write there.
  private let folder: TestFolder

  init(process: Process, outputPath: String, errorPath: String, folder: TestFolder) {
    self.process = process
    self.outputPath = outputPath
    self.errorPath = errorPath
    self.folder = folder
  }

  /// Waits until the command has written `text` on standard error, or has ended, for `seconds` at most.
  ///
  /// - Returns: whether the text came.
  public func waits(forError text: String, seconds: Double = 300) -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while process.isRunning, Date() < deadline {
      if Self.text(at: errorPath).contains(text) { return true }
      Thread.sleep(forTimeInterval: 0.002)
    }
    return Self.text(at: errorPath).contains(text)
  }

  /// The process's number.
  public var processIdentifier: Int32 { process.processIdentifier }

  /// Whether the command has not ended.
  public var isRunning: Bool { process.isRunning }

  /// Sends a signal.
  public func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits for the end. A command that does not come to one is killed, so that no test waits for ever.
  public func wait(seconds: Double = 300) -> TestCommand.Outcome {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while process.isRunning, Date() < deadline { Thread.sleep(forTimeInterval: 0.002) }
    if process.isRunning { send(SIGKILL) }
    process.waitUntilExit()
    let status = process.terminationStatus
    return TestCommand.Outcome(
      status: process.terminationReason == .uncaughtSignal ? 128 + status : status, output: Self.text(at: outputPath),
      errors: Self.text(at: errorPath))
  }

  private static func text(at path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }
}
