import Foundation
import Testing

@testable import FuzzTargets

/// The short run: every committed input, and some thousand changes of each, in every target. `make fuzz` is the long one.
@Suite struct FuzzTargetsTests {
  /// So many inputs a target; `TSUZURI_FUZZ_INPUTS` asks for more.
  private static let mutations =
    ProcessInfo.processInfo.environment["TSUZURI_FUZZ_INPUTS"].flatMap { Int($0) } ?? 2000

  @Test(arguments: FuzzTarget.all.map(\.name))
  func everyInputIsTakenOrRefusedWithAMessage(name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let seeds = try SeedCorpus.inputs(of: target)
    #expect(!seeds.isEmpty)
    for (file, bytes) in seeds {
      #expect(throws: Never.self, "\(file)") { try target.run(bytes) }
    }
    let seed: UInt64 = 1
    var mutator = InputMutator(seed: seed, longest: target.longestInput)
    let inputs = seeds.map(\.bytes)
    for number in 0..<Self.mutations {
      let input = mutator.mutation(of: inputs)
      do {
        try target.run(input)
      } catch {
        Issue.record("seed \(seed), input \(number), base64 \(Data(input).base64EncodedString()): \(error)")
        return
      }
    }
  }

  @Test func theSeedsThatAreMadeAreTaken() throws {
    for (target, seeds) in try SeedMaker.all() {
      let refused = try seeds.filter { try target.run($0.bytes) != nil }.map(\.name)
      #expect(refused == [], "\(target.name)")
      // The committed ones, too: of inputs of an older format all changes would end at its version.
      let committed = try SeedCorpus.inputs(of: target).filter { input in seeds.contains { $0.name == input.name } }
      #expect(committed.count == seeds.count, "\(target.name): 'Scripts/fuzz seeds' writes them")
      let stale = try committed.compactMap { input in try target.run(input.bytes).map { "\(input.name): \($0)" } }
      #expect(stale == [], "\(target.name): 'Scripts/fuzz seeds' writes them anew")
    }
  }

  @Test func mutationsAreTheSameForTheSameSeed() {
    let seeds: [[UInt8]] = [Array("one two".utf8), Array("three".utf8)]
    var first = InputMutator(seed: 3, longest: 9)
    var second = InputMutator(seed: 3, longest: 9)
    let inputs = (0..<200).map { _ in first.mutation(of: seeds) }
    #expect(inputs == (0..<200).map { _ in second.mutation(of: seeds) })
    #expect(Set(inputs).count > 100 && inputs.allSatisfy { $0.count <= 9 })
  }

  @Test func aBrokenPromiseIsToldOf() {
    let wrong = FuzzTarget("wrong", longestInput: 9) { input in
      try require(input.count < 3, "three bytes")
      throw Refusal(description: input.isEmpty ? "\u{1B}[2J" : "no")
    }
    #expect(throws: Finding.self) { try wrong.run([1, 2, 3]) }
    #expect(throws: Finding.self) { try wrong.run([]) }
    #expect(throws: Never.self) { try wrong.run([1]) == "no" }
  }
}
