import Foundation
import TsuzuriArchive
import TsuzuriData
import TsuzuriModel
import TsuzuriModelFolder
import TsuzuriNGram
import TsuzuriText
import TsuzuriTraining

/// Makes small inputs that reach far: every format whole, in its variants.
enum SeedMaker {
  typealias Seeds = [(name: String, bytes: [UInt8])]

  static func all() throws -> [(FuzzTarget, Seeds)] {
    [
      (.decoding, decoding()), (.segmenting, segmenting()), (.tokenizing, tokenizing()), (.vocabulary, vocabulary()),
      (.tokenList, tokenList()), (.tokenFile, try tokenFile()), (.safetensors, try safetensors()),
      (.configuration, try configuration()), (.modelFolder, try modelFolder()), (.checkpoint, try checkpoint()),
      (.pytorch, try pytorch()),
    ]
  }

  private static let story = "朝の港に船が来た。The ferry came in.\n「おはよう」と《ようこ》は言った。\r\ncafe\u{301} 👨‍👩‍👧 ｶﾞ　①\n"

  private static func decoding() -> Seeds {
    let utf16 = story.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    let aozora =
      "坊っちゃん\n------------\n【記号】\n------------\n親譲《おやゆず》りの｜無鉄砲《むてっぽう》※［＃「目＋爭」］で\n［＃改頁］\n底本：全集\n"
    // «吾輩は猫である» in three encodings, by their tables.
    let shiftJIS: [UInt8] = [0x8C, 0xE1, 0x94, 0x79, 0x82, 0xCD, 0x94, 0x4C, 0x82, 0xC5, 0x82, 0xA0, 0x82, 0xE9]
    let eucJP: [UInt8] = [0xB8, 0xE3, 0xC7, 0xDA, 0xA4, 0xCF, 0xC7, 0xAD, 0xA4, 0xC7, 0xA4, 0xA2, 0xA4, 0xEB]
    let iso2022: [UInt8] = [0x1B, 0x24, 0x42] + eucJP.map { $0 & 0x7F } + [0x1B, 0x28, 0x42, 0x0A]
    // A gzip member that is stored, not compressed: header, one block, CRC of "abc", length.
    let gzip: [UInt8] =
      [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 3, 0, 0xFC, 0xFF] + Array("abc".utf8) + [
        0xC2, 0x41, 0x24, 0x35, 3, 0, 0, 0,
      ]
    return [
      ("auto-utf8", [0, 2, 0] + Array(story.utf8)), ("auto-bom", [0, 2, 1, 0xEF, 0xBB, 0xBF] + Array(story.utf8)),
      ("auto-utf16", [0, 2, 0, 0xFF, 0xFE] + utf16), ("utf16le", [3, 0, 0] + utf16),
      ("utf16-odd", [3, 1, 0] + utf16 + [0x3D]), ("auto-shift-jis", [0, 0, 0] + shiftJIS),
      ("shift-jis-lossy", [7, 1, 1] + shiftJIS + [0x81]), ("euc-jp", [8, 4, 1] + eucJP),
      ("iso-2022-jp", [9, 0, 0] + iso2022), ("auto-iso-2022-jp", [0, 0, 0] + iso2022), ("gzip", [0, 0, 0] + gzip),
      ("gzip-twice", [0, 0, 3] + gzip + gzip + [0, 0]), ("ruby", [1, 64, 0] + Array(aozora.utf8)),
      ("nfkc", [1, 4, 1] + Array(story.utf8)), ("invalid", [1, 1, 0, 0x61, 0xE3, 0x81, 0xFF, 0xED, 0xA0, 0x80, 0x62]),
      ("bytes", [0, 0, 3, 0, 255, 128]), ("marks", [1, 130, 0] + Array(String(repeating: "\u{301}", count: 40).utf8)),
      ("whitespace", [1, 0, 2] + Array("a b\u{3000}c\r\n\n d".utf8)),
    ]
  }

  private static func segmenting() -> Seeds {
    let texts = [
      ("story", story), ("marks", "a" + String(repeating: "\u{301}", count: 70)),
      ("dictionary", "外国人参政権すもももももももものうちひらがなカタカナ"),
      ("thai", "สวัสดีครับภาษาไทย"), ("flags", "🇯🇵🇫🇷🇩🏳️‍🌈👩🏽‍🚀"), ("hangul", "각\u{1100}\u{1161}\u{11A8}"),
      ("blanks", "  a  b\t\n\n\u{3000} c "),
      ("numbers", "3.14, 1,000.5 can't o'clock e.g. x_y"), ("nulls", "a\u{0}b\u{FEFF}\u{FFFD}\u{2028}"),
    ]
    return texts.flatMap { name, text in
      [0, 1, 2].map { level in
        ("\(name)-\(level)", [UInt8(level), UInt8(text.utf8.count % 7), UInt8(text.utf8.count % 4)] + Array(text.utf8))
      }
    }
  }

  private static func tokenizing() -> Seeds {
    (0..<4).map { level in
      ("level-\(level)", [UInt8(level)] + stretch("朝の港 The ferry \\<eos> <0x41>\n".utf8) + Array(story.utf8))
    }
  }

  private static func vocabulary() -> Seeds {
    [
      ("spelling", [1] + Array("猫\n the\n\\u{20}\n\\n\n\\<eos>\nか\\u{3099}\n".utf8)),
      ("closed", [0] + Array("<eos>\n<unk>\nthe\n\\u{3000}\ncat\n".utf8)),
      ("mark-and-returns", [0, 0xEF, 0xBB, 0xBF] + Array("<eos>\r\n<unk>\r\ncat\r\n".utf8)),
    ]
  }

  private static func tokenList() -> Seeds {
    [
      ("plain", [0] + Array("the\ncat\n\\n\n<eos>\n<0x41>\n".utf8)),
      ("closed", [1] + Array("<unk>\nthe\n<eos>\ncat\n<0x41>\n".utf8)),
      ("escaped-specials", [1] + Array("\\<eos>\n\\<unk>\n<0x41>\nか\u{3099}\n".utf8)),
    ]
  }

  private static func tokenFile() throws -> Seeds {
    let folder = try FuzzFolder()
    return try [(40, "narrow"), (70_000, "wide")].map { vocabularyCount, name in
      let writer = try TokenFileWriter(path: folder[name], vocabularyCount: vocabularyCount)
      try [0, 7, 39, 12, 0, 3].withUnsafeBufferPointer { try writer.append($0) }
      var header = TokenFileHeader()
      header.vocabularyCount = vocabularyCount
      header.utf8 = 9
      header.validation.tokens = 2
      try writer.finish(header)
      return (name, [1] + (try bytes(at: folder[name])))
    }
  }

  private static func safetensors() throws -> Seeds {
    let folder = try FuzzFolder()
    var writer = SafetensorsWriter(metadata: ["format": "pt", "a": "猫"])
    writer.add("w", shape: [2, 3], floats: [1, 2, 3, -4, .nan, 1e30])
    writer.add("half", type: .float16, shape: [2], bytes: [0, 60, 255, 127])
    writer.add("brain", type: .bfloat16, shape: [1], bytes: [128, 63])
    writer.add("q", type: .int8, shape: [3], bytes: [1, 2, 255])
    writer.add("empty", type: .float64, shape: [0, 7], bytes: [])
    try writer.write(to: folder["a"])
    let foreign = #"{"a":{"shape":[2],"data_offsets":[0,4],"dtype":"F16"},"__metadata__":{}}  "#
    return [
      ("ours", try bytes(at: folder["a"])),
      ("foreign", length(foreign.utf8.count) + Array(foreign.utf8) + [1, 2, 3, 4]),
      ("empty", length(2) + Array("{}".utf8)),
    ]
  }

  private static func configuration() throws -> Seeds {
    try models().map { ($0.name, [1] + (try bytes(at: $0.folder["config.json"]))) }
  }

  private static func modelFolder() throws -> Seeds {
    try models().map { name, folder in
      let special = Vocabulary.bytes.fileContent
      var vocabulary = try bytes(at: folder["vocabulary.txt"])
      if vocabulary.starts(with: special) { vocabulary.removeFirst(special.count) }
      return (
        name,
        [1] + stretch(try bytes(at: folder["config.json"])) + stretch(vocabulary)
          + (try bytes(at: folder["model.safetensors"]))
      )
    }
  }

  /// Models of a few numbers each; those at the byte level have their 257 rows.
  private static func models() throws -> [(name: String, folder: FuzzFolder)] {
    func model(
      _ name: String, _ level: TokenLevel, isQuantized: Bool = false,
      _ change: (inout ModelConfiguration) -> Void = { _ in }
    ) throws -> (String, FuzzFolder) {
      let words = ["the", "cat", "猫"].map { Array($0.utf8) }
      let vocabulary =
        level == .whitespace
        ? Vocabulary(kind: .closed, texts: words) : level == .byte ? .bytes : Vocabulary(kind: .spelling, texts: words)
      let tokenizer = try Tokenizer(
        vocabulary: vocabulary,
        configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: level), icuVersion: "72.1"))
      var shape = ModelConfiguration(vocabularySize: vocabulary.count, embeddingSize: 2, hiddenSize: 3, layers: 1)
      change(&shape)
      let network = try LanguageModel(untrained: shape)
      let folder = try FuzzFolder()
      try ModelFolder(folder.path).write(
        isQuantized ? network.quantized() : network, tokenizer: tokenizer,
        training: TrainingRecord(corpus: ["a.txt"], validation: "0.05", options: ["cell": "lstm"], validationLoss: 2.5))
      return (name, folder)
    }
    return [
      try model("words", .whitespace) { $0.layers = 2 },
      try model("gru", .whitespace) { $0.cell = .gru },
      try model("projected", .whitespace) { $0.projectionSize = 2 },
      try model("normalized", .whitespace) { $0.normalizesGates = true },
      try model("tied", .whitespace) {
        $0.tiesEmbeddings = true
        $0.hiddenSize = 2
      },
      try model("bidirectional", .whitespace) { $0.isBidirectional = true },
      try model("feed-forward", .whitespace) { $0.cell = .feedForward },
      try model("learned-beginning", .whitespace) {
        $0.learnsInitialState = true
        $0.resetTokens = [0]
      },
      try model("adaptive", .whitespace) { $0.adaptiveCutoffs = [2, 4] },
      try model("quantized", .whitespace, isQuantized: true),
      try model("characters", .character) { $0.embeddingSize = 1 },
      try model("bytes", .byte) { $0.embeddingSize = 1 }, try ngramModel(),
    ]
  }

  private static func ngramModel() throws -> (String, FuzzFolder) {
    let corpus = try CorpusTokenizer(
      configuration: TokenizerConfiguration(
        segmentation: SegmentationOptions(level: .whitespace), icuVersion: "72.1"),
      vocabulary: .built(.standard(for: .whitespace)), threads: 1
    ).tokenize([.text("the cat saw the dog\nthe dog saw a cat\n")])
    let folder = try FuzzFolder()
    try ModelFolder(folder.path).write(NGramTextModel(trainedOn: corpus, order: 3, document: .line))
    return ("ngram", folder)
  }

  private static func checkpoint() throws -> Seeds {
    let folder = try FuzzFolder()
    try OneStep.train(hiddenSize: 2, in: folder.path)
    let training = folder["training/"]
    let index = String(decoding: try bytes(at: training + "index.json"), as: UTF8.self)
    // The newest stands first. The target calls its one file so.
    let name = index.firstMatch(of: #/"file":"([^"]+)"/#).map { String($0.1) } ?? ""
    let renamed = index.replacing(name, with: "checkpoint-1.safetensors")
    let content = stretch(renamed.utf8) + (try bytes(at: training + name))
    return [("one-step", [1] + content), ("without-index", [3] + content)]
  }

  private static func pytorch() throws -> Seeds {
    try [("lstm", 4, 0), ("gru", 3, 1), ("rnn", 1, 6), ("projected", 4, 0)].map { name, gates, kind in
      let folder = try FuzzFolder()
      var writer = SafetensorsWriter(metadata: ["format": "pt"])
      func add(_ name: String, _ shape: [Int]) {
        writer.add(name, shape: shape, floats: (0..<shape.reduce(1, *)).map { Float($0 % 5) / 4 - 0.5 })
      }
      let width = name == "projected" ? 1 : 2
      add("encoder.weight", [3, 2])
      add("rnn.weight_ih_l0", [gates * 2, 2])
      add("rnn.weight_hh_l0", [gates * 2, width])
      if name == "projected" { add("rnn.weight_hr_l0", [1, 2]) }
      add("rnn.bias_ih_l0", [gates * 2])
      add("rnn.bias_hh_l0", [gates * 2])
      add("decoder.weight", [3, width])
      add("decoder.bias", [3])
      try writer.write(to: folder["a"])
      return (name, [UInt8(kind)] + stretch("<eos>\nthe\ncat\n".utf8) + (try bytes(at: folder["a"])))
    }
  }

  private static func bytes(at path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private static func length(_ count: Int) -> [UInt8] { withUnsafeBytes(of: UInt64(count).littleEndian) { Array($0) } }

  /// A stretch behind its own length.
  private static func stretch(_ bytes: some Collection<UInt8>) -> [UInt8] {
    [UInt8(bytes.count & 255), UInt8(bytes.count >> 8)] + Array(bytes)
  }
}
