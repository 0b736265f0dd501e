import Foundation
import Testing
import TsuzuriModel
import TsuzuriText
import _TestSupport

@testable import TsuzuriModelFolder

/// Every file of a model's folder, cut short at every length and with every single bit turned over: found out by a
/// message that names the file, or harmless.
@Suite struct DamagedFilesTests {
  private static let names = ["config.json", "vocabulary.txt", "model.safetensors"]

  /// What a model's files may hold.
  enum Kind: CaseIterable {
    case plain, quantized, adaptive, bidirectional

    var configuration: ModelConfiguration {
      var configuration = ModelConfiguration(vocabularySize: 5, embeddingSize: 2, hiddenSize: 3, layers: 1)
      configuration.isBidirectional = self == .bidirectional
      if self == .adaptive { (configuration.adaptiveCutoffs, configuration.learnsInitialState) = ([2, 3], true) }
      return configuration
    }
  }

  /// A model of a few hundred bytes in a folder of its own.
  private func tinyModel(_ kind: Kind = .plain) throws -> (folder: TestFolder, model: ModelFolder) {
    let folder = try TestFolder()
    let tokenizer = try Tokenizer(
      vocabulary: Vocabulary(kind: .closed, texts: ["the", "cat", "か\u{3099}"].map { Array($0.utf8) }),
      configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .whitespace)))
    let network = try LanguageModel(untrained: kind.configuration, seed: 7)
    let model = ModelFolder(folder["model"])
    try model.write(
      kind == .quantized ? network.quantized() : network, tokenizer: tokenizer,
      training: TrainingRecord(corpus: ["a.txt"], validation: "0.05", steps: 12, validationLoss: 1.25))
    return (folder, model)
  }

  /// What a model is: two folders with the same are the same model.
  private struct Content: Equatable {
    var description: ModelDescription
    var vocabulary: [UInt8]
    var values: [[Float]]

    init(_ model: TextModel) {
      description = model.description
      vocabulary = model.tokenizer.vocabulary.fileContent
      values = model.model.layout.slices.map { model.model.values(of: $0.name) }
    }
  }

  /// What became of damaged files.
  private struct Tally {
    var refused = 0
    var harmless = 0
    var wrong: [String] = []
  }

  /// Puts `bytes` in the place of a file, loads the model, and notes what became of that.
  private func load(
    _ model: ModelFolder, _ name: String, _ bytes: some Collection<UInt8>, _ what: @autoclosure () -> String,
    expecting whole: Content, _ tally: inout Tally
  ) throws {
    let path = model.path + "/" + name
    guard let stream = fopen(path, "wb") else { throw CocoaError(.fileWriteUnknown) }
    let content = Array(bytes)
    fwrite(content, 1, content.count, stream)
    fclose(stream)
    do {
      if Content(try model.load()) == whole {
        tally.harmless += 1
      } else {
        tally.wrong.append("\(name), \(what()): another model")
      }
    } catch {
      tally.refused += 1
      if !"\(error)".contains(path) { tally.wrong.append("\(name), \(what()): \(error)") }
    }
  }

  @Test(arguments: Kind.allCases)
  func everyCutAndEveryFlippedBitIsFoundOutOrHarmless(kind: Kind) throws {
    let (folder, model) = try tinyModel(kind)
    let whole = Content(try model.load())
    for name in Self.names {
      let bytes = try folder.bytes("model/" + name)
      var tally = Tally()
      for count in 0..<bytes.count {
        try load(model, name, bytes.prefix(count), "cut to \(count)", expecting: whole, &tally)
      }
      // A file without its end is never taken for whole, but for a vocabulary's last line end.
      #expect(tally.harmless == (name == "vocabulary.txt" ? 1 : 0), "\(name)")
      for bit in 0..<bytes.count * 8 {
        var damaged = bytes
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        try load(model, name, damaged, "bit \(bit)", expecting: whole, &tally)
      }
      #expect(tally.wrong.prefix(5) == [], "\(name), \(tally.wrong.count) of \(bytes.count * 9)")
      // What may be damaged without harm is the name of the checksum, eight letters.
      #expect(tally.harmless <= 64, "\(name)")
      try folder.write("model/" + name, bytes)
    }
  }

  @Test func aLargerModelIsNoWorse() throws {
    let folder = try TestFolder()
    let model = ModelFolder(folder["model"])
    let tokenizer = try Tokenizer(
      vocabulary: .bytes, configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .byte)))
    let network = try LanguageModel(
      untrained: ModelConfiguration(vocabularySize: 257, embeddingSize: 40, hiddenSize: 70, layers: 2), seed: 7)
    try model.write(network, tokenizer: tokenizer)
    let whole = Content(try model.load())
    let bytes = try folder.bytes("model/model.safetensors")
    #expect(bytes.count > 300_000)
    var generator = SplitMix64(seed: 4)
    var tally = Tally()
    for _ in 0..<400 {
      var damaged = bytes
      let bit = Int.random(in: 0..<bytes.count * 8, using: &generator)
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      try load(model, "model.safetensors", damaged, "bit \(bit)", expecting: whole, &tally)
      let count = Int.random(in: 0..<bytes.count, using: &generator)
      try load(model, "model.safetensors", bytes.prefix(count), "cut to \(count)", expecting: whole, &tally)
    }
    #expect(tally.wrong.prefix(5) == [])
    #expect(tally.harmless < 3)
  }

  @Test func theMessagesSayWhatToDo() throws {
    let (folder, model) = try tinyModel()
    let path = model.path
    func message(_ name: String, _ change: (inout String) -> Void) throws -> String {
      let bytes = try folder.bytes("model/" + name)
      defer { _ = try? folder.write("model/" + name, bytes) }
      var text = String(decoding: bytes, as: UTF8.self)
      change(&text)
      try folder.write("model/" + name, text)
      do {
        _ = try model.load()
        return ""
      } catch {
        return "\(error)"
      }
    }
    let sealed = try folder.text("model/config.json")
    let digits = try #require(sealed.firstMatch(of: #/"checksum" : "([0-9a-f]{16})"/#)).1
    let edited = try message("config.json") { $0 = $0.replacing("\"steps\" : 12", with: "\"steps\" : 13") }
    let found = try #require(edited.firstMatch(of: #/found "([0-9a-f]{16})"/#)).1
    #expect(
      edited
        == "\(path)/config.json: expected content with the checksum \"\(digits)\", found \"\(found)\". The file is "
        + "damaged or was edited: restore it from a copy, or, where the change was meant, take its field 'checksum' out."
    )
    // An edited file without the field is taken.
    #expect(
      try message("config.json") {
        $0 = $0.replacing("\"steps\" : 12", with: "\"steps\" : 13")
          .replacing("\"checksum\" : \"\(digits)\",", with: "")
      } == "")
    let vocabulary = try Vocabulary(contentsOf: model.vocabularyPath)
    let other = Vocabulary(kind: .closed, texts: ["the", "cow", "か\u{3099}"].map { Array($0.utf8) })
    #expect(
      try message("vocabulary.txt") { $0 = $0.replacing("cat", with: "cow") }
        == "\(path)/vocabulary.txt: expected the vocabulary with the fingerprint \(vocabulary.fingerprint), as "
        + "config.json says, found \(other.fingerprint). Restore the vocabulary that the model was trained with.")
    // An editor's line ends and its byte order mark are no damage.
    #expect(try message("vocabulary.txt") { $0 = "\u{FEFF}" + $0.replacing("\n", with: "\r\n") } == "")
  }

  @Test func marksWithoutEndAreNotCompared() throws {
    let (folder, model) = try tinyModel()
    let marks = String(repeating: "\u{301}\u{323}\u{3099}", count: 100_000)
    for text in ["{\"\(marks)\":1}", "{\"format_version\":1,\"kind\":\"\(marks)\"}"] {
      try folder.write("model/config.json", text)
      let error = try #require(#expect(throws: (any Error).self) { try model.load() })
      #expect(
        "\(error)"
          == "\(model.configurationPath): cannot be used: it holds a text of 700000 bytes, and 4096 is the most. "
          + "Restore the file from a copy, or train the model again.")
    }
  }

  @Test func anotherProgramsWeightsNeedNoChecksum() throws {
    let (folder, model) = try tinyModel()
    let bytes = try folder.bytes("model/model.safetensors")
    let key = try #require(bytes.firstRange(of: Array("\"checksum\"".utf8)))
    var foreign = bytes
    foreign[key.lowerBound + 1] = UInt8(ascii: "C")
    foreign[bytes.count - 1] ^= 1
    try folder.write("model/model.safetensors", foreign)
    #expect(try model.load().model.parameterCount == 114)
    foreign[key.lowerBound + 1] = UInt8(ascii: "c")
    try folder.write("model/model.safetensors", foreign)
    let message = try #require(#expect(throws: (any Error).self) { try model.load() })
    let numbers = try #require("\(message)".firstMatch(of: #/checksum "([0-9a-f]{16})", found "([0-9a-f]{16})"/#))
    #expect(
      "\(message)"
        == "\(model.weightsPath): expected content with the checksum \"\(numbers.1)\", found \"\(numbers.2)\". "
        + "The file is damaged: copy it again, or, if another program changed it on purpose, take 'checksum' out of its "
        + "metadata.")
  }

  @Test func pipesDevicesAndAbsurdSizesAreRefusedAtOnce() throws {
    let (folder, model) = try tinyModel()
    for name in Self.names {
      let path = model.path + "/" + name
      let bytes = try folder.bytes("model/" + name)
      for make in [{ mkfifo(path, 0o600) }, { symlink("/dev/zero", path) }] {
        unlink(path)
        #expect(make() == 0)
        let error = try #require(#expect(throws: (any Error).self) { try model.load() })
        #expect("\(error)".contains(path))
      }
      unlink(path)
      // A sparse file: it takes no room, and would take all memory.
      try folder.write("model/" + name, bytes)
      #expect(truncate(path, 1 << 40) == 0)
      let error = try #require(#expect(throws: (any Error).self) { try model.load() })
      #expect("\(error)".contains(path))
      try folder.write("model/" + name, bytes)
    }
    _ = try model.load()
  }
}
