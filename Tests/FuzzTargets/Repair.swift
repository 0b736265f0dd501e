import TsuzuriArchive
import TsuzuriText

/// Sets right the checksums of a file that was changed: behind a wrong one no reader looks at the content.
enum Repair {
  /// A JSON object that carries a checksum of itself.
  static func sealed(_ json: [UInt8]) -> [UInt8] {
    var json = json
    SealedJSON.seal(&json)
    return json
  }

  /// `config.json` with the fingerprint of the vocabulary that stands beside it, where it is one, and sealed.
  static func configuration(_ json: [UInt8], besideVocabulary content: [UInt8]) -> [UInt8] {
    var json = json
    if let vocabulary = try? Vocabulary(fileContent: content) {
      replaceString(behind: "\"vocabulary_fingerprint\"", by: "\(vocabulary.fingerprint)", in: &json)
    }
    return sealed(json)
  }

  /// A safetensors file with the checksum of what it holds now.
  ///
  /// Input: the file's content, and a folder to write it to for a look.
  static func archive(_ content: [UInt8], in folder: FuzzFolder) throws -> [UInt8] {
    let path = try folder.write("repaired.safetensors", content)
    defer { folder.remove("repaired.safetensors") }
    do {
      try SafetensorsFile(path: path).verify()
    } catch ArchiveError.damaged(_, let expected, let found, _) where expected.utf8.count == found.utf8.count {
      var content = content
      guard let place = content.firstRange(of: Array(expected.utf8)) else { return content }
      content.replaceSubrange(place, with: found.utf8)
      return content
    } catch {}
    return content
  }

  /// An index of checkpoints that names one file, whose checksum it is given, and sealed.
  static func index(_ json: [UInt8], ofFileAt path: String) throws -> [UInt8] {
    let checksum = String(try Checksum.ofFile(at: path), radix: 16)
    var json = json
    // The first is the index's own.
    guard let own = json.firstRange(of: checksumKey) else { return json }
    replaceString(behind: "\"checksum\"", by: checksum, in: &json, from: own.upperBound)
    return sealed(json)
  }

  private static let checksumKey = Array("\"checksum\"".utf8)

  /// Replaces the strings that stand behind a key.
  private static func replaceString(
    behind key: String, by value: String, in json: inout [UInt8], from start: Int = 0
  ) {
    var start = start
    let quotationMark = UInt8(ascii: "\"")
    while let found = json[start...].firstRange(of: Array(key.utf8)),
      let begin = json[found.upperBound...].firstIndex(of: quotationMark),
      let end = json[(begin + 1)...].firstIndex(of: quotationMark)
    {
      json.replaceSubrange(begin + 1..<end, with: value.utf8)
      start = begin + value.utf8.count + 2
    }
  }
}
