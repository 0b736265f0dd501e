import Foundation
import Testing

import TsuzuriArchive

@Suite struct SafetensorsTests {
  @Test func whatIsWrittenIsRead() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model.safetensors")
    var writer = SafetensorsWriter(metadata: ["format": "pt", "gates": "i, f, g, o \"綴る\"\n\\"])
    writer.add("flags", type: .uint8, shape: [3], bytes: [1, 2, 3])
    writer.add("rnn.weight_ih_l0", shape: [2, 3], floats: [1, -2, 3.5, .infinity, 0, 0x1p-149])
    writer.add("steps", type: .int64, shape: [], bytes: [7, 0, 0, 0, 0, 0, 0, 0])
    writer.add("empty", shape: [0, 4], floats: [])
    writer.add("pieces", type: .int32, shape: [40_000]) { sink in
      for piece in 0..<4 {
        try (0..<10_000).map { Int32(piece * 10_000 + $0) }.withUnsafeBytes { try sink($0) }
      }
    }
    try writer.write(to: path)

    let file = try SafetensorsFile(path: path)
    #expect(file.metadata == ["format": "pt", "gates": "i, f, g, o \"綴る\"\n\\"])
    // The largest elements first, then as they were added, so that every tensor is aligned to its elements.
    #expect(file.tensors.map(\.name) == ["steps", "rnn.weight_ih_l0", "empty", "pieces", "flags"])
    #expect(try file.tensor("steps").range == 0..<8)
    #expect(try file.tensor("rnn.weight_ih_l0").range == 8..<32)
    #expect(try file.tensor("flags").range == 160_032..<160_035)
    #expect(try file.floats(of: "rnn.weight_ih_l0", shape: [2, 3]) == [1, -2, 3.5, .infinity, 0, 0x1p-149])
    #expect(try file.floats(of: "empty", shape: [0, 4]) == [])
    #expect(try file.tensor("flags").count == 3)
    #expect(try Array(file.bytes(of: "flags")) == [1, 2, 3])
    var steps: Int64 = 0
    try withUnsafeMutableBytes(of: &steps) { try file.copyBytes(of: "steps", type: .int64, shape: [], to: $0) }
    #expect(steps == 7)
    let pieces = try file.bytes(of: "pieces")
    #expect(pieces.loadUnaligned(fromByteOffset: 4 * 39_999, as: Int32.self) == 39_999)
    #expect(file.contains("steps") && !file.contains("step"))
    withExtendedLifetime(file) {}
  }

  @Test func theHeaderIsPaddedAndStandsInTheOrderOfAdding() throws {
    let folder = try TemporaryFolder()
    for name in ["a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh"] {
      let path = folder.file("model.safetensors")
      var writer = SafetensorsWriter()
      writer.add("z", type: .uint8, shape: [1], bytes: [9])
      writer.add(name, shape: [1], floats: [1])
      try writer.write(to: path)
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      let length = Int(bytes[0]) + Int(bytes[1]) << 8
      #expect(length % 8 == 0)
      let json = String(decoding: bytes[8..<8 + length], as: UTF8.self)
      #expect(
        json.trimmingCharacters(in: .whitespaces) == "{\"z\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[4,5]},"
          + "\"\(name)\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}")
      #expect(bytes.count == 8 + length + 5)
    }
  }

  @Test func aFileWithoutTensors() throws {
    let folder = try TemporaryFolder()
    try SafetensorsWriter().write(to: folder.file("none.safetensors"))
    #expect(try SafetensorsFile(path: folder.file("none.safetensors")).tensors.isEmpty)
  }

  @Test func anErrorWhileWritingLeavesTheOldFile() throws {
    struct Interruption: Error {}
    let folder = try TemporaryFolder()
    let path = folder.file("model.safetensors")
    var writer = SafetensorsWriter()
    writer.add("a", shape: [1], floats: [1])
    try writer.write(to: path)
    writer.add("b", type: .float32, shape: [1]) { _ in throw Interruption() }
    #expect(throws: Interruption.self) { try writer.write(to: path) }
    #expect(try SafetensorsFile(path: path).tensors.map(\.name) == ["a"])
    #expect(try folder.names() == ["model.safetensors"])
  }

  @Test func halfPrecisionIsWidenedExactly() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("half.safetensors")
    var writer = SafetensorsWriter()
    // 1, −2, the smallest subnormal and infinity in each type.
    writer.add("f16", type: .float16, shape: [4], bytes: [0x00, 0x3C, 0x00, 0xC0, 0x01, 0x00, 0x00, 0x7C])
    writer.add("bf16", type: .bfloat16, shape: [4], bytes: [0x80, 0x3F, 0x00, 0xC0, 0x01, 0x00, 0x80, 0x7F])
    try writer.write(to: path)
    let file = try SafetensorsFile(path: path)
    #expect(try file.floats(of: "f16", shape: [4]) == [1, -2, 0x1p-24, .infinity])
    #expect(try file.floats(of: "bf16", shape: [4]) == [1, -2, 0x1p-133, .infinity])
  }

  @Test func unalignedTensorsAreRead() throws {
    let folder = try TemporaryFolder()
    var bytes: [UInt8] = [9]
    withUnsafeBytes(of: Float(2.5)) { bytes += $0 }
    let path = try folder.write(
      safetensors(
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}} "#,
        bytes), to: "unaligned.safetensors")
    #expect(try SafetensorsFile(path: path).floats(of: "b", shape: [1]) == [2.5])
  }

  @Test func askingForTheWrongTensor() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model.safetensors")
    var writer = SafetensorsWriter()
    writer.add("rnn.weight_ih_l0", shape: [8, 2], floats: [Float](repeating: 0, count: 16))
    writer.add("steps", type: .int64, shape: [1], bytes: [UInt8](repeating: 0, count: 8))
    try writer.write(to: path)
    let file = try SafetensorsFile(path: path)
    func message(_ name: String, _ shape: [Int]) -> String? {
      do {
        _ = try file.floats(of: name, shape: shape)
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(
      message("rnn.weight_ih_l0", [16, 2])
        == "\(path), tensor \"rnn.weight_ih_l0\": expected shape [16, 2], found [8, 2]. "
        + "The file belongs to a model of other sizes: compare them with 'tsuzuri info'.")
    #expect(
      message("output.bias", [3]) == "\(path): expected a tensor \"output.bias\", found none of that name. "
        + "The file belongs to another kind of model, or is not complete.")
    #expect(
      message("steps", [1])
        == "\(path), tensor \"steps\": expected F32 or F16 or BF16, found I64. Convert the file to F32 first.")
  }
}

/// A file put together by hand: length, header, data.
func safetensors(_ header: String, _ data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
  var bytes: [UInt8] = []
  withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { bytes += $0 }
  return bytes + Array(header.utf8) + data
}
