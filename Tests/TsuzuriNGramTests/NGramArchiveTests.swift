import Foundation
import Testing
import TsuzuriArchive
import TsuzuriData
import _TestSupport

@testable import TsuzuriNGram

/// The model's file: what comes back, and what is found out.
struct NGramArchiveTests {
  private let folder: TestFolder
  private let model: NGramModel
  private var path: String { folder["model.safetensors"] }

  init() throws {
    folder = try TestFolder()
    model = try RandomDocuments(.closedLines, order: 4).estimate().model
    try model.write(to: path)
  }

  private func read(_ change: (inout NGramConfiguration) -> Void = { _ in }) throws -> NGramModel {
    var configuration = model.configuration
    change(&configuration)
    return try NGramModel(contentsOf: path, configuration: configuration)
  }

  private func message(of error: NGramError?) -> String? { error?.description }

  @Test func aModelComesBackAsItWasWritten() throws {
    let read = try read()
    #expect(read.counts == model.counts)
    for (mine, its) in zip(model.levels, read.levels) {
      #expect(mine.tokens.elementsEqual(its.tokens) && mine.logProbabilities.elementsEqual(its.logProbabilities))
      #expect(mine.logWeights.elementsEqual(its.logWeights) && mine.firstChildren.elementsEqual(its.firstChildren))
    }
  }

  @Test func theSameTextGivesTheSameFile() throws {
    let before = try folder.bytes("model.safetensors")
    try RandomDocuments(.closedLines, order: 4).estimate().model.write(to: path)
    #expect(try folder.bytes("model.safetensors") == before)
  }

  @Test func everyOrderHasAFile() throws {
    for order in NGramConfiguration.orders {
      let model = try NGramEstimate(
        of: TokenArray([0, 3, 1]), configuration: NGramConfiguration(order: order, vocabularySize: 5)
      ).model
      try model.write(to: path)
      #expect(try NGramModel(contentsOf: path, configuration: model.configuration).counts == model.counts)
    }
  }

  /// One bit anywhere behind the header.
  @Test func aChangedBitIsFound() throws {
    let bytes = try folder.bytes("model.safetensors")
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    for place in stride(from: 8 + length, to: bytes.count, by: 97) {
      var damaged = bytes
      damaged[place] ^= 1
      try folder.write("model.safetensors", damaged)
      let error = #expect(throws: ArchiveError.self) { _ = try read() }
      guard case .damaged(path, let expected, let found, _) = error else {
        Issue.record("byte \(place): \(String(describing: error))")
        continue
      }
      #expect(expected.utf8.count == 16 && found.utf8.count == 16 && expected != found)
    }
  }

  /// A bit of each byte of the whole file, and each length: found out, by a message that begins with the file's name, or the
  /// same model.
  @Test func noDamageIsAnotherModel() throws {
    let bytes = try folder.bytes("model.safetensors")
    let flips = bytes.indices.map { place in
      var damaged = bytes
      damaged[place] ^= 1 << UInt8(place % 8)
      return damaged
    }
    let cuts = stride(from: 0, to: bytes.count, by: 7).map { Array(bytes.prefix($0)) }
    var harmless = 0
    for (number, damaged) in (flips + cuts).enumerated() {
      try folder.write("model.safetensors", damaged)
      do {
        let read = try read()
        harmless += 1
        #expect(number < bytes.count && read.counts == model.counts, "\(number)")
        for (mine, its) in zip(model.levels, read.levels) {
          #expect(mine.tokens.elementsEqual(its.tokens) && mine.logProbabilities.elementsEqual(its.logProbabilities))
          #expect(mine.logWeights.elementsEqual(its.logWeights) && mine.firstChildren.elementsEqual(its.firstChildren))
        }
      } catch {
        #expect("\(error)".hasPrefix(path), "\(number): \(error)")
      }
    }
    // Blanks at the header's end, and the bits of the name of the checksum.
    #expect(harmless < 40, "\(harmless)")
  }

  @Test func anotherConfigurationIsFound() throws {
    let smaller = #expect(throws: NGramError.self) { _ = try read { $0.vocabularySize = 10 } }
    #expect(
      message(of: smaller) == "\(path): the n-gram model is damaged: tensor order.1.log_probabilities: "
        + "expected F32 [10], found F32 [11]. Restore the file from a copy, or train the model again.")
    for order in [3, 5] {
      #expect(
        throws: NGramError.damaged(path: path, reason: "its metadata: expected the order \(order), found \"4\"")
      ) { _ = try read { $0.order = order } }
    }
  }

  /// Numbers that lead elsewhere, with a checksum that is right.
  @Test func numbersThatLeadOutOfTheFileAreFound() throws {
    func write(_ change: (inout [NGramLevel], NGramMemory) -> Void) throws {
      var levels = model.levels
      let memory = NGramMemory()
      change(&levels, memory)
      try NGramModel(model.configuration, levels: levels, memory: [model, memory] as [any Sendable]).write(to: path)
    }
    func expect(_ reason: String) {
      #expect(throws: NGramError.damaged(path: path, reason: reason)) { _ = try read() }
    }
    let (children, tokens) = (Array(model.levels[1].firstChildren), Array(model.levels[2].tokens))
    try write { levels, memory in
      levels[1].firstChildren = memory.copy([0, UInt32.max] + children.dropFirst(2))
    }
    expect("tensor order.2.first_children: expected ascending numbers, found \(UInt32.max) behind 0")
    try write { levels, memory in levels[1].firstChildren = memory.copy(children.dropLast() + [children.last! + 1]) }
    expect("tensor order.2.first_children: expected 0 to \(tokens.count), found other ends")
    try write { levels, memory in levels[2].tokens = memory.copy([11] + tokens.dropFirst()) }
    expect("tensor order.3.tokens: expected ascending ids below 11 behind each context")
    try write { levels, memory in
      levels[3].logProbabilities = memory.copy([.nan] + levels[3].logProbabilities.dropFirst())
    }
    expect("tensor order.4.log_probabilities: expected finite numbers of at most 0, found another")
    try write { levels, memory in levels[0].logWeights = memory.copy([.infinity] + levels[0].logWeights.dropFirst()) }
    expect("tensor order.1.log_weights: expected finite numbers of at most 0, found another")
  }
}
