import Testing

@testable import TsuzuriKernels

struct CounterBasedGeneratorTests {
  /// Known answers of the Random123 library's `kat_vectors` for philox4x32, 10 rounds.
  @Test func blocksEqualThePublishedVectors() {
    let zero = CounterBasedGenerator.block(counter: (0, 0, 0, 0), seed: 0)
    #expect(zero == (0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    let ones = CounterBasedGenerator.block(counter: (.max, .max, .max, .max), seed: .max)
    #expect(ones == (0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    let pi = CounterBasedGenerator.block(
      counter: (0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), seed: 0x299f_31d0_a409_3822)
    #expect(pi == (0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test func aGeneratorGoesOnFromItsPosition() {
    var whole = CounterBasedGenerator(seed: 7, stream: 3)
    let numbers = (0..<9).map { _ in whole.next() }
    var later = CounterBasedGenerator(seed: 7, stream: 3, position: 5)
    #expect((5..<9).map { _ in later.next() } == Array(numbers[5...]))
    var other = CounterBasedGenerator(seed: 7, stream: 4)
    #expect(other.next() != numbers[0])
  }
}
