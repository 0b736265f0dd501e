import Foundation
import Testing

@testable import TsuzuriText

@Suite struct RubyStripperTests {
  private func stripped(_ text: String, read: Int = 1 << 18) throws -> String {
    try normalizedText(
      of: .text(text), TextOptions(normalization: .none, stripsRuby: true),
      sizes: BufferSizes(readBytes: read, blockUnits: 64))
  }

  @Test(arguments: [
    ("親譲《おやゆず》りの無鉄砲《むてっぽう》で", "親譲りの無鉄砲で"), ("二月｜肺炎《はいえん》に", "二月肺炎に"),
    ("一［＃「一」は大見出し］\n", "一\n"), ("前\n［＃改ページ］\n後", "前\n後"), ("前\r\n［＃改ページ］\r\n後", "前\r\n後"),
    ("［＃ここから２字下げ］文\n", "文\n"), ("木の※［＃「木＋世」、U+67BB］葉", "木の※葉"), ("外［＃「内［＃「奥」］」に傍点］側", "外側"),
    // What is not closed in its line stays, and eats nothing.
    ("開《いたまま\n次《つぎ》の行", "開《いたまま\n次の行"), ("二重《《ふたえ》", "二重《"), ("注［＃閉じない\n次", "注［＃閉じない\n次"),
    ("角［かっこ］だけ", "角［かっこ］だけ"), ("末《まつ", "末《まつ"), ("末［", "末［"), ("》［］＃", "》［］＃"),
    // The colophon.
    ("終り。\n\n底本：「全集」\n1999年\n", "終り。\n\n"), ("底本に戻る\n底本と：\n底", "底本に戻る\n底本と：\n底"), ("この底本：は\n", "この底本：は\n"),
  ])
  func marksGoAndTheTextStays(text: String, expected: String) throws {
    for read in [1, 2, 3, 5, 1000] { #expect(try stripped(text, read: read) == expected, "read \(read)") }
  }

  @Test func theHeaderGoesWithItsDashedLines() throws {
    let line = String(repeating: "-", count: 55)
    for end in ["\n", "\r\n"] {
      let header =
        [line, "【テキスト中に現れる記号について】", "", "《》：ルビ", "（例）親譲《おやゆず》り", line].joined(separator: end)
        + end
      let text = "坊っちゃん\(end)夏目漱石\(end)\(end)" + header + "\(end)本文《ほんぶん》\(end)\(line)\(end)おわり"
      let expected = "坊っちゃん\(end)夏目漱石\(end)\(end)\(end)本文\(end)\(line)\(end)おわり"
      for read in [1, 7, 1000] { #expect(try stripped(text, read: read) == expected) }
      // Dashed lines around anything else are text.
      let other = line + end + "章《しょう》" + end + line + end
      #expect(try stripped(other) == line + end + "章" + end + line + end)
    }
    // Nor is a header what never ends.
    let open = line + "\n【あ】\n" + String(repeating: "い《う》\n", count: 10_000)
    #expect(try stripped(open) == line + "\n【あ】\n" + String(repeating: "い\n", count: 10_000))
  }

  @Test func anOpenMarkHoldsNoMoreThanItsLongest() throws {
    let text = "始《" + String(repeating: "あ", count: 5000) + "》終"
    #expect(try stripped(text) == text)
    let many = String(repeating: "《［＃", count: 20_000)
    #expect(try stripped(many) == many)
    // Brackets in a note count as what else is in it.
    let pairs = "始［＃" + String(repeating: "［］", count: 499) + "］終"
    #expect(try stripped(pairs) == "始終")
    let tooLong = "始［＃" + String(repeating: "［］", count: 600) + "］終"
    #expect(try stripped(tooLong) == tooLong)
    for bracket in ["［", "［］"] {
      let text = "始［＃" + String(repeating: bracket, count: 5000) + "終"
      #expect(try stripped(text).hasSuffix("終") && stripped(text).hasPrefix("始［＃"))
    }
  }

  @Test func aRealTextIsReadWithoutItsRuby() throws {
    guard let path = Corpora.path("ja/soseki_botchan.ruby.txt") else { return }
    let text = try normalizedText(of: .file(path), TextOptions(stripsRuby: true))
    #expect(text.hasPrefix("一\n\n　親譲りの無鉄砲で小供の時から損ばかりしている。"))
    #expect(!text.contains { "《》｜".contains($0) })
    // By other means: no mark in this text spans a line.
    let raw = try String(contentsOf: URL(filePath: path), encoding: .utf8)
    let expected = raw.replacing("｜", with: "").replacing(/《[^》\n]*》/, with: "")
    #expect(text == expected)
  }
}
