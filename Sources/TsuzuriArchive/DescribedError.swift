public import Foundation

/// An error whose description is for people: what, where, expected, found, what to do.
///
/// `localizedDescription`, which frameworks write into logs and show in dialogues, is the same text.
public protocol DescribedError: LocalizedError, CustomStringConvertible {}

// Foundation has defaults of the last three, which a file that does not import it may not take.
extension DescribedError {
  /// The description.
  public var errorDescription: String? { description }
  /// Nothing: the description has it.
  public var failureReason: String? { nil }
  /// Nothing: the description has it.
  public var recoverySuggestion: String? { nil }
  /// Nothing: there are no books of help.
  public var helpAnchor: String? { nil }
}
