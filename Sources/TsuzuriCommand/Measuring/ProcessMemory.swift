import Foundation

/// How much memory this process has in the machine's, in bytes.
struct ProcessMemory {
  /// At this moment.
  let now: Int
  /// At most so far.
  let peak: Int

  init() {
    // Not getrusage: its maximum begins with that of the program that started this one.
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    func bytes(_ name: String) -> Int {
      let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
      return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }
    (now, peak) = (bytes("VmRSS"), bytes("VmHWM"))
  }
}
