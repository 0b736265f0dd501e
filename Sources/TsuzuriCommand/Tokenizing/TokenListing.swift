import Tsuzuri

/// Writes tokens one a line, or as one JSON array, or counts them only.
final class TokenListing {
  private let json: Bool
  private let ids: Bool
  private let countsOnly: Bool
  private let vocabulary: Vocabulary?
  private let output: StandardOutput
  /// The written form of the tokens that were met.
  private var written: [Int32: String] = [:]
  private var isFirst = true

  init(json: Bool, ids: Bool, counts: Bool, vocabulary: Vocabulary?, output: StandardOutput) {
    self.json = json
    self.ids = ids
    countsOnly = counts
    self.vocabulary = vocabulary
    self.output = output
  }

  /// Adds tokens by their ids.
  func append(_ tokens: [Int32]) throws {
    if countsOnly { return }
    for id in tokens {
      if ids {
        try append(String(id), isQuoted: false)
      } else if let text = written[id] {
        try append(text)
      } else {
        let text = vocabulary?.escapedToken(id) ?? ""
        written[id] = text
        try append(text)
      }
    }
  }

  /// Adds a token by its written form.
  func append(_ token: String) throws { try append(token, isQuoted: true) }

  private func append(_ token: String, isQuoted: Bool) throws {
    if countsOnly { return }
    guard json else { return try output.print(token) }
    try output.write(isFirst ? "{\"\(ids ? "ids" : "tokens")\": [" : ", ")
    isFirst = false
    try output.write(isQuoted ? JSON.quoted(token) : token)
  }

  /// Writes what comes at the end.
  func finish(_ counts: TextCounts, unknownName: String?) throws {
    guard countsOnly else {
      if json { try output.print(isFirst ? "{\"\(ids ? "ids" : "tokens")\": []}" : "]}") }
      return
    }
    var rows = [
      ("tokens", counts.tokens), ("segments", counts.segments), ("characters", counts.scalars), ("bytes", counts.utf8),
    ]
    if let unknownName { rows.append((unknownName, counts.unknown)) }
    if json {
      try output.print(JSON.object(rows.map { ($0, .whole($1)) }).text)
    } else {
      let lines = Table.lines(rows.map { ($0.replacing("_", with: " "), Figures.count($1)) })
      for line in lines { try output.print(line) }
    }
  }
}
