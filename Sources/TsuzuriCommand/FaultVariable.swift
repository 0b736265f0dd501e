import Foundation
import TsuzuriArchive

/// `TSUZURI_FAULT`: a moment at which the process dies or a call fails, so that tests can try what a crash leaves behind.
///
/// It is a variable and no option, so that no preset, script or history can bring it along by accident, and whoever sets
/// it is told on standard error. `Design/0011-nothing-lost.md` lists the moments.
enum FaultVariable {
  private static let name = "TSUZURI_FAULT"

  /// Looks for the variable once, before anything is written.
  ///
  /// - Throws: `CommandError.unknownFault` where it says something else.
  static func arm() throws {
    guard let text = ProcessInfo.processInfo.environment[name], !text.isEmpty else { return }
    guard FaultPoint.arm(text) else { throw CommandError.unknownFault(variable: name, found: text) }
    FileHandle.standardError.write(Data("\(name)=\(text): this process will fail on purpose.\n".utf8))
  }
}
