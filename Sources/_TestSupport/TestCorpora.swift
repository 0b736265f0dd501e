internal import Foundation

/// Where the larger texts are that some tests read: not in the package, and not on every machine.
///
///     @Test(.enabled(if: TestCorpora.isAvailable, "\(TestCorpora.skipMessage)"))
///     func …() throws { let path = try #require(TestCorpora.path("en/tinyshakespeare.txt")) … }
public enum TestCorpora {
  /// The variable that names the folder on machines that have it elsewhere.
  public static let variable = "TSUZURI_CORPORA"

  /// The folder: what ``variable`` names, else `shared/corpora` beside the package; nil where there is none.
  public static let folder: String? = folder(
    named: ProcessInfo.processInfo.environment[variable], besidePackage: packageRoot)

  /// Whether the folder is there.
  public static var isAvailable: Bool { folder != nil }

  /// Why a test that needs the folder was skipped, and how to have it run.
  public static let skipMessage =
    "skipped: the corpora are neither in ../shared/corpora beside the package nor where \(variable) says"

  /// The file or folder `relativePath` in the folder; nil where it is not there.
  public static func path(_ relativePath: String) -> String? {
    guard let folder else { return nil }
    let path = folder + "/" + relativePath
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  /// The package's own folder.
  public static let packageRoot: String = {
    // This file stands in Sources/_TestSupport.
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
  }()

  /// The search behind ``folder``. A folder that the variable names but that is not there is none.
  static func folder(named name: String?, besidePackage root: String) -> String? {
    let candidate = name.flatMap { $0.isEmpty ? nil : $0 } ?? root + "/../shared/corpora"
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), isFolder.boolValue else {
      return nil
    }
    return URL(fileURLWithPath: candidate).standardizedFileURL.path
  }
}
