internal import Foundation

/// What two values of a type differ in, by the names under which they are stored: for a message.
enum EncodedDifference {
  /// The name of the first number, text or flag that is another, with both values; nil where there is none.
  static func first(
    between stored: some Encodable, and given: some Encodable
  ) -> (name: String, stored: String, given: String)? {
    guard let (old, new) = try? (object(stored), object(given)) else { return nil }
    return first("", old, new)
  }

  private static func object(_ value: some Encodable) throws -> Any {
    try JSONSerialization.jsonObject(with: JSONEncoder().encode(value), options: .fragmentsAllowed)
  }

  private static func first(_ name: String, _ old: Any?, _ new: Any?) -> (name: String, stored: String, given: String)?
  {
    if let old = old as? [String: Any], let new = new as? [String: Any] {
      for key in Set(old.keys).union(new.keys).sorted() {
        if let found = first(key, old[key], new[key]) { return found }
      }
      return nil
    }
    func text(_ value: Any?) -> String { value.map { "\($0)" } ?? "none" }
    return text(old) == text(new) ? nil : (name, text(old), text(new))
  }
}
