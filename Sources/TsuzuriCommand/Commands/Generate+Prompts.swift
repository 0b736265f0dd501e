import Tsuzuri

extension Generate {
  /// Writes a text after each prompt of a file, a JSON object a line, in the order of the file.
  func write(afterPromptsOf path: String, _ loaded: StoredModel, _ options: GenerationOptions, _ screen: Screen) throws
  {
    defer { screen.clear() }
    let lines = try PromptLine.read(path, options)
    let lanes = min(try prompts.lanes(), max(1, lines.count))
    try Self.checkMemory(loaded, texts: lanes, options: "--batch")
    let batch = try loaded.generate(
      after: lines.map(\.request), options: options, lanes: lanes, threads: try threads.count())
    let out = StandardOutput()
    try batch.run { sample in
      let line = lines[sample.index]
      var fields: [(String, JSON)] = [("line", .whole(line.number))]
      if let id = line.id { fields.append(("id", id)) }
      fields.append(("seed", .unsigned(line.request.seed ?? options.seed)))
      fields.append(("prompt", .string(line.request.prompt)))
      try out.print(JSON.object(fields + sample.fields).text)
      // Who reads from a pipe waits for each line.
      try out.flush()
      screen.show { _ in "\(sample.index + 1) of \(lines.count) texts" }
    }
  }
}
