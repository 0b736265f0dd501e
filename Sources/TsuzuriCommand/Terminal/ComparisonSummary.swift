import Tsuzuri
import TsuzuriComparison

/// What a comparison came to, for programs and for people.
struct ComparisonSummary {
  /// The table.
  let header: [String]
  let rows: [[String]]
  /// The page with the curves.
  let page: String
  /// Everything, the curves included.
  let json: JSON

  /// - Parameter path: where the page is going to be.
  init(_ result: TextComparisonResult, page path: String, facts: [(name: String, value: String)]) {
    (header, rows, page) = (TextComparisonResult.header, result.rows, result.page(facts: facts))
    let cells = result.entries.map { entry in
      JSON.object(
        Self.fields(entry.model) + [
          ("validation_loss", .optional(entry.validationLoss?.mean)),
          ("validation_loss_deviation", .optional(entry.validationLoss?.deviation)),
          ("tokens_per_second", .optional(entry.tokensPerSecond?.mean)), ("diverged_runs", .whole(entry.divergedRuns)),
          (
            "runs",
            .array(
              entry.runs.map { run in
                .object([
                  ("seed", .unsigned(run.seed)), ("steps", .whole(run.steps)), ("tokens", .whole(run.tokens)),
                  ("seconds", .number(run.seconds)), ("tokens_per_second", .number(run.tokensPerSecond)),
                  ("validation_loss", .optional(run.validationLoss)), ("curve", Self.curve(run.curve)),
                ])
              })
          ),
        ])
    }
    json = .object([
      ("task", .string("text")), ("validation_tokens", .whole(result.validationTokens)), ("output", .string(path)),
      ("cells", .array(cells)),
    ])
  }

  /// - Parameter path: where the page is going to be.
  init(_ result: MemoryComparisonResult, page path: String, facts: [(name: String, value: String)]) {
    (header, rows, page) = (result.header, result.rows, result.page(facts: facts))
    let tasks = result.tasks.map { task in
      JSON.object([
        ("task", .string(task.task.name)), ("steps", .whole(task.task.steps)), ("unit", .string(task.task.unit)),
        ("baseline", .number(task.task.baseline)),
        ("cells", .array(task.entries.map { Self.cell($0, task.task) })),
      ])
    }
    json = .object([("task", .string("memory")), ("output", .string(path)), ("tasks", .array(tasks))])
  }

  private static func cell(_ entry: MemoryComparisonResult.Entry, _ task: MemoryTask) -> JSON {
    let runs = entry.runs.map { run in
      var fields: [(String, JSON)] = [
        ("seed", .unsigned(run.seed)), ("steps", .whole(run.steps)), ("seconds", .number(run.seconds)),
        ("tokens_per_second", .number(run.tokensPerSecond)), ("loss", .optional(run.loss)), ("curve", curve(run.curve)),
      ]
      if let flow = run.flow {
        fields.append(
          (
            "gradient_flow",
            .object([
              ("fresh", .array(flow.fresh.map { .number($0) })), ("trained", .array(flow.trained.map { .number($0) })),
            ])
          ))
      }
      return JSON.object(fields)
    }
    return .object(
      fields(entry.model) + [
        ("loss", .optional(entry.loss?.mean)), ("loss_deviation", .optional(entry.loss?.deviation)),
        ("solved_runs", .whole(entry.solvedRuns(task))),
        ("steps_to_solve", .array(entry.stepsToSolve(task).map { .whole($0) })),
        ("tokens_per_second", .optional(entry.tokensPerSecond?.mean)), ("runs", .array(runs)),
      ])
  }

  private static func fields(_ model: ComparedModel) -> [(String, JSON)] {
    [
      ("cell", .string(model.cell.rawValue)), ("hidden_size", .whole(model.configuration.hiddenSize)),
      ("parameters", .whole(model.parameters)),
    ]
  }

  private static func curve(_ curve: LearningCurve) -> JSON {
    .array(
      curve.points.map {
        .object([
          ("step", .whole($0.step)), ("tokens", .whole($0.tokens)), ("seconds", .number($0.seconds)),
          ("loss", .number($0.loss)),
        ])
      })
  }
}
