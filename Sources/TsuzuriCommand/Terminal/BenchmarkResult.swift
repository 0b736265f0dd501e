/// Prints what a benchmark measured.
enum BenchmarkResult {
  /// - Parameters:
  ///   - rows: what was measured; `peak_memory_bytes` is added where it is missing.
  ///   - after: lines for people that stand behind the table.
  static func print(_ rows: [(String, JSON)], json: Bool, after lines: [String] = []) throws {
    var rows = rows
    if !rows.contains(where: { $0.0 == "peak_memory_bytes" }) {
      rows.append(("peak_memory_bytes", .whole(ProcessMemory().peak)))
    }
    let output = StandardOutput()
    if json {
      try output.print(JSON.object(rows).text)
    } else {
      for line in Table.lines(rows.map { ($0.replacing("_", with: " "), text(of: $1)) }) + lines {
        try output.print(line)
      }
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
}
