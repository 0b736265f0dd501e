/// Writes samples one below the other, although they are made side by side: the first as it is made, each other one
/// when those before it have ended.
struct SamplePrinter {
  private let prompt: String
  private var waiting: [String]
  private var hasEnded: [Bool]
  private var current = -1
  private let output = StandardOutput()

  init(prompt: String, count: Int) {
    self.prompt = prompt
    waiting = [String](repeating: "", count: count)
    hasEnded = [Bool](repeating: false, count: count)
  }

  /// Adds text to a sample.
  mutating func append(_ text: String, to sample: Int, isEnd: Bool) throws {
    waiting[sample] += text
    if isEnd { hasEnded[sample] = true }
    if current < 0 { try begin() }
    while current < waiting.count {
      try output.write(waiting[current])
      waiting[current] = ""
      guard hasEnded[current] else { break }
      try output.write("\n")
      try begin()
    }
    try output.flush()
  }

  private mutating func begin() throws {
    current += 1
    guard current < waiting.count else { return }
    if waiting.count > 1 { try output.write("\(current > 0 ? "\n" : "")--- \(current + 1) of \(waiting.count) ---\n") }
    try output.write(prompt)
  }
}
