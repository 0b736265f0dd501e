public import Foundation

/// Results that PyTorch computed, stored as JSON beside the tests, and the weights that they belong to.
///
/// The scripts in `Tests/Reference` fill every tensor by one formula of its place, so a file holds results only and
/// the weights are made anew here.
public enum ReferenceValues {
  /// Reads the cases of `Resources/NAME.json` in a test target's bundle.
  ///
  /// - Parameters:
  ///   - type: What one case holds.
  ///   - name: The file's name without `.json`.
  ///   - bundle: `Bundle.module` of the test target.
  /// - Throws: ``ReferenceValuesError`` where the file is missing, the decoder's error where it does not fit `type`.
  public static func cases<Case: Decodable>(
    _ type: Case.Type, named name: String, in bundle: Bundle
  ) throws -> [Case] {
    guard let url = bundle.url(forResource: name, withExtension: "json", subdirectory: "Resources") else {
      throw ReferenceValuesError(name: name, bundlePath: bundle.bundlePath)
    }
    return try JSONDecoder().decode(ReferenceFile<Case>.self, from: Data(contentsOf: url)).cases
  }

  /// Element `element`, in row-major order, of tensor number `tensor`:
  /// `0.6 · sin(0.7·i + 0.013·i² + 1.3·j + 0.5)`.
  ///
  /// The square keeps a matrix filled by it from having rank two.
  public static func value(element: Int, tensor: Int) -> Double {
    let i = Double(element)
    return 0.6 * sin(0.7 * i + 0.013 * i * i + 1.3 * Double(tensor) + 0.5)
  }

  /// All `count` elements of tensor number `tensor`.
  public static func values(count: Int, tensor: Int) -> [Double] {
    (0..<count).map { value(element: $0, tensor: tensor) }
  }
}

/// A file of reference values: which PyTorch and which script made it, and its cases.
struct ReferenceFile<Case: Decodable>: Decodable {
  var torch: String
  var script: String
  var cases: [Case]
}

/// A file of reference values that a bundle lacks.
public struct ReferenceValuesError: Error, CustomStringConvertible {
  var name: String
  var bundlePath: String

  /// Where the file was expected, and how it is made.
  public var description: String {
    """
    \(name).json: expected in the folder Resources of \(bundlePath), found nothing. \
    Make it with the scripts in Tests/Reference.
    """
  }
}
