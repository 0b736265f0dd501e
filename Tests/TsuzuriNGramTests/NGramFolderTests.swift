import Foundation
import Testing
import TsuzuriData
import TsuzuriModelFolder
import TsuzuriNGram
import TsuzuriText
import _TestSupport

/// The files beside an n-gram model's weights.
struct NGramFolderTests {
  /// Bits, and every length: found out, by a message that begins with the file's name, or the same model.
  @Test(arguments: ["config.json", "vocabulary.txt"])
  func noDamageIsAnotherModel(name: String) throws {
    let folder = try TestFolder()
    let corpus = try CorpusTokenizer(
      configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .whitespace)),
      vocabulary: .built(.standard(for: .whitespace)), threads: 1
    ).tokenize([.text("the cat sat on the mat\nか\u{3099} the cat\n")])
    let place = ModelFolder(folder["model"])
    try place.write(NGramTextModel(trainedOn: corpus, order: 3, document: .line))
    let model = try place.loadNGram()
    let bytes = try folder.bytes("model/" + name)
    // Of the longer one every third: all eight bits of a byte come up all the same.
    let flips = stride(from: 0, to: 8 * bytes.count, by: name == "config.json" ? 3 : 1).map { bit in
      var damaged = bytes
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      return damaged
    }
    let cuts = bytes.indices.map { Array(bytes[..<$0]) }
    var harmless = 0
    for (number, damaged) in (flips + cuts).enumerated() {
      try folder.write("model/" + name, damaged)
      do {
        let found = try place.loadNGram()
        harmless += 1
        #expect(found.description == model.description, "\(number)")
        #expect(found.tokenizer.vocabulary == model.tokenizer.vocabulary, "\(number)")
      } catch {
        #expect("\(error)".hasPrefix(folder["model/" + name]), "\(number): \(error)")
      }
    }
    // The bits of the name of the checksum or of the fingerprint; the last line's end.
    #expect(harmless < 400, "\(harmless)")
  }
}
