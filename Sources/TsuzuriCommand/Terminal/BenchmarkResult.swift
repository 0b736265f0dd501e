import Glibc

/// Prints what a benchmark measured, with the memory that the process needed at most.
enum BenchmarkResult {
  static func print(_ rows: [(String, JSON)], json: Bool) throws {
    let rows = rows + [("peak_memory_bytes", .whole(peakMemory))]
    let output = StandardOutput()
    if json {
      try output.print(JSON.object(rows).text)
    } else {
      for line in Table.lines(rows.map { ($0.replacing("_", with: " "), text(of: $1)) }) { try output.print(line) }
    }
    try output.flush()
  }

  private static func text(of value: JSON) -> String {
    switch value {
    case .whole(let value): Figures.count(value)
    case .number(let value): value < 10 ? Figures.decimals(value, 4) : Figures.rate(value)
    default: value.text
    }
  }

  private static var peakMemory: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    // Linux counts in units of 1,024 bytes.
    return usage.ru_maxrss * 1024
  }
}
