/// When a run measures its model on the validation text, besides at its end.
///
/// A validation reads its text token by token, as `evaluate` does. Beside a short epoch that takes a good part of the time.
public enum ValidationInterval: Sendable, Hashable {
  /// After every so many epochs.
  case epochs(Int)
  /// After each epoch, and after every so many steps.
  case steps(Int)

  /// The interval as `--validate-every` tells it: `epoch`, `5epochs`, or `500` for steps.
  ///
  /// nil for anything else, and for a number below 1. Runs begun before there were epochs say `none`, and meant `epoch`.
  public init?(_ text: String) {
    if text == "epoch" || text == "none" {
      self = .epochs(1)
      return
    }
    let suffix = "epochs"
    let isInEpochs = text.hasSuffix(suffix)
    guard let number = Int(isInEpochs ? text.dropLast(suffix.count) : text[...]), number > 0 else { return nil }
    self = isInEpochs ? .epochs(number) : .steps(number)
  }

  /// Whether the model is measured after so many whole epochs.
  func isDue(afterEpochs epochs: Int) -> Bool {
    switch self {
    case .epochs(let interval): epochs % interval == 0
    case .steps: true
    }
  }

  /// Whether the model is measured after so many steps, wherever in an epoch they end.
  func isDue(afterSteps steps: Int) -> Bool {
    switch self {
    case .epochs: false
    case .steps(let interval): steps > 0 && steps % interval == 0
    }
  }

  /// How many steps or epochs.
  var number: Int {
    switch self {
    case .epochs(let number), .steps(let number): number
    }
  }
}

extension ValidationInterval: CustomStringConvertible {
  /// What `--validate-every` takes.
  public var description: String {
    switch self {
    case .epochs(1): "epoch"
    case .epochs(let number): "\(number)epochs"
    case .steps(let number): "\(number)"
    }
  }
}

extension ValidationInterval: Codable {
  /// Reads the text, or the number of steps that runs begun before there were epochs have.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try (try? container.decode(Int.self)).map(String.init) ?? container.decode(String.self)
    guard let interval = ValidationInterval(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is no interval of validations")
    }
    self = interval
  }

  /// Writes the text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
