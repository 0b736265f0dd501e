import CICU

/// The versions of the Unicode library that text is read with: other versions may cut a text elsewhere.
public enum ICUVersion {
  /// The version of the ICU library that runs, such as `72.1`.
  public static var current: String {
    var version: (UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &version) { tz_icu_version($0.bindMemory(to: UInt8.self).baseAddress) }
    return dotted(version)
  }

  /// The first number of the version.
  static var major: Int {
    var version: (UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &version) { tz_icu_version($0.bindMemory(to: UInt8.self).baseAddress) }
    return Int(version.0)
  }

  /// The version of Unicode whose properties that library knows, such as `15.0`.
  public static var unicode: String {
    var version: (UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &version) { tz_unicode_version($0.bindMemory(to: UInt8.self).baseAddress) }
    return dotted(version)
  }

  /// At least two numbers, and no zeros after them.
  private static func dotted(_ version: (UInt8, UInt8, UInt8, UInt8)) -> String {
    var numbers = [version.0, version.1, version.2, version.3]
    while numbers.count > 2, numbers.last == 0 { numbers.removeLast() }
    return numbers.map(String.init).joined(separator: ".")
  }
}
