import Foundation
import Testing
import _TestSupport

struct ReferenceFilesTests {
  /// The loader reads what `Tests/Reference/training.py` wrote, and the lanes come out time-major.
  @Test func trainingCasesAreReadWithTheirWindows() throws {
    let cases = try ReferenceValues.cases(TrainingReference.self, named: "training", in: .module)
    #expect(cases.map(\.name) == ["AdamW", "SGD with momentum", "AdamW, tied"])
    let first = try #require(cases.first)
    #expect(first.inputs(step: 0).prefix(4) == [0, 4, 8, 1])
    #expect(first.targets(step: 0).prefix(3) == first.inputs(step: 0).dropFirst(3).prefix(3))
    #expect(first.parameters.map(\.values.count).reduce(0, +) == first.tensors.map(\.count).reduce(0, +))
  }

  @Test func missingFileIsNamed() throws {
    let error = try #require(throws: ReferenceValuesError.self) {
      try ReferenceValues.cases(TrainingReference.self, named: "absent", in: .module)
    }
    #expect(
      error.description
        == "absent.json: expected in the folder Resources of \(Bundle.module.bundlePath), found nothing. "
        + "Make it with the scripts in Tests/Reference.")
  }
}
