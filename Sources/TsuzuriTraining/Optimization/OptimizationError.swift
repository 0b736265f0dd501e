public import TsuzuriArchive

/// What is wrong with the numbers, names or stored state that an optimizer, a clip or a schedule was given.
public enum OptimizationError: DescribedError, Hashable {
  /// A number outside what its option allows.
  case invalidNumber(option: String, expected: String, found: Double)
  /// A name that none of the choices has.
  case unknownName(option: String, choices: [String], found: String)
  /// A way to train that is none for the model.
  case unsuitableModel(option: String, found: String)
  /// A checkpoint without a buffer that the optimizer needs.
  case missingState(name: String)
  /// A checkpoint's buffer of another length.
  case stateCount(name: String, expected: Int, found: Int)
  /// A checkpoint's number of steps below zero.
  case negativeStepCount(Int)
}

extension OptimizationError {
  /// What, where, expected, found and, for a checkpoint, what to do.
  public var description: String {
    switch self {
    case .invalidNumber(let option, let expected, let found):
      "\(option): expected \(expected), found \(found.shortened)."
    case .unknownName(let option, let choices, let found):
      "\(option): expected \(choices.dropLast().joined(separator: ", ")) or \(choices.last ?? ""), found '\(found)'."
    case .unsuitableModel(let option, let found):
      "\(option): expected a model with one full softmax, and no smoothing of its labels, found \(found). Leave one out."
    case .missingState(let name):
      """
      checkpoint: expected the optimizer's buffer '\(name)', found none. It was saved by another optimizer: \
      resume with that one.
      """
    case .stateCount(let name, let expected, let found):
      """
      checkpoint: expected \(expected) values in the optimizer's buffer '\(name)', found \(found). It belongs to \
      a model of another size: resume with that model's options.
      """
    case .negativeStepCount(let found):
      "checkpoint: expected the optimizer's step count to be 0 or more, found \(found). The file is damaged."
    }
  }

  /// Throws unless `isValid`.
  static func require(_ isValid: Bool, option: String, expected: String, found: Double) throws {
    guard isValid else { throw OptimizationError.invalidNumber(option: option, expected: expected, found: found) }
  }
}

extension Double {
  /// As a person would have typed it: `-1`, not `-1.0`.
  fileprivate var shortened: String {
    guard let whole = Int(exactly: self) else { return String(self) }
    return String(whole)
  }
}
