import Foundation
import Testing
import _TestSupport

/// Checks that need a process of their own: `Tests/NumericsCheck`.
struct NumericsCheckTests {
  /// oneDNN compiled for this processor, and as it would be on older ones.
  @Test(arguments: ["sse41", "avx2", "avx512_core", "all"])
  func productsOfEveryInstructionSetEqualThePlainLoop(instructionSet: String) throws {
    let outcome = try TestCommand("NumericsCheck").run(["products", instructionSet], in: TestFolder())
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.hasPrefix("4096 products with \(instructionSet): "))
  }

  /// Every 20,011th Float; `make numerics` takes them all.
  @Test func functionsAreWithinTheirPromisedErrorOverTheWholeRange() throws {
    let outcome = try TestCommand("NumericsCheck").run(["functions", "20011"], in: TestFolder())
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("| baseline | "))
  }

  /// What small buffers have left free below one that is in use.
  @Test(.disabled(if: ProcessInfo.processInfo.environment["TSUZURI_SANITIZER"] != nil, "an allocator of its own"))
  func freeMemoryGoesBackToTheSystem() throws {
    let outcome = try TestCommand("NumericsCheck").run(["memory"], in: TestFolder())
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains(" bytes are resident, then "))
  }
}
