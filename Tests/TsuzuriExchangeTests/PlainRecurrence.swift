import Foundation

@testable import TsuzuriExchange

/// ONNX's RNN, LSTM and GRU in one direction, by their definition.
///
/// - Shape: X [T, B, in]; W [1, G·H, in]; R [1, G·H, H]; B [1, 2·G·H]; states [1, B, H]; P [1, 3·H].
struct PlainRecurrence {
  private let type: String
  private let settings: [String: ONNXAttribute]
  private let x, w, r, b, h0: PlainTensor
  private let c0, p: PlainTensor?

  init(_ type: String, _ settings: [String: ONNXAttribute], _ inputs: [PlainTensor?]) {
    func input(_ index: Int) -> PlainTensor {
      guard let input = inputs[index] else { preconditionFailure("\(type) has no input \(index)") }
      return input
    }
    self.type = type
    self.settings = settings
    (x, w, r, b, h0) = (input(0), input(1), input(2), input(3), input(5))
    precondition(inputs[4] == nil, "all sequences are equally long")
    c0 = inputs.count > 6 ? inputs[6] : nil
    p = inputs.count > 7 ? inputs[7] : nil
  }

  /// Y [T, 1, B, H], Y_h [1, B, H] and, for LSTM, Y_c.
  func run() -> [PlainTensor] {
    let (T, B, H) = (x.shape[0], x.shape[1], r.shape[2])
    precondition(settings["hidden_size"]?.i == Int64(H), "hidden_size is \(H)")
    var (y, lastH, lastC) = ([Double](repeating: 0, count: T * B * H), h0.values, c0?.values ?? [])
    for t in 0..<T {
      for lane in 0..<B {
        let place = lane * H..<(lane + 1) * H
        let input = Array(x.values[(t * B + lane) * x.shape[2]..<(t * B + lane + 1) * x.shape[2]])
        var h = Array(lastH[place])
        var c = lastC.isEmpty ? [] : Array(lastC[place])
        step(input, &h, &c)
        lastH.replaceSubrange(place, with: h)
        if !c.isEmpty { lastC.replaceSubrange(place, with: c) }
        y.replaceSubrange((t * B + lane) * H..<(t * B + lane + 1) * H, with: h)
      }
    }
    return [PlainTensor([T, 1, B, H], y), PlainTensor([1, B, H], lastH)]
      + (c0 == nil ? [] : [PlainTensor([1, B, H], lastC)])
  }

  private func step(_ x: [Double], _ h: inout [Double], _ c: inout [Double]) {
    let H = h.count
    switch type {
    case "RNN":
      let sums = sums(0, of: x, and: h)
      let name = settings["activations"].map { String(decoding: $0.strings[0], as: UTF8.self) } ?? "Tanh"
      h = sums.map { name == "Relu" ? max($0, 0) : tanh($0) }
    case "LSTM":
      let (old, peepholes) = (c, p?.values ?? [Double](repeating: 0, count: 3 * H))
      func sigmoid(_ gate: Int, seeing c: [Double], by peephole: Int) -> [Double] {
        let sums = sums(gate, of: x, and: h)
        return (0..<H).map { Self.sigmoid(sums[$0] + peepholes[peephole * H + $0] * c[$0]) }
      }
      let i = sigmoid(0, seeing: old, by: 0)
      var f = sigmoid(2, seeing: old, by: 2)
      if settings["input_forget"]?.i == 1 { f = i.map { 1 - $0 } }
      let g = sums(3, of: x, and: h).map { tanh($0) }
      let new = (0..<H).map { f[$0] * old[$0] + i[$0] * g[$0] }
      let o = sigmoid(1, seeing: new, by: 1)
      h = (0..<H).map { o[$0] * tanh(new[$0]) }
      c = new
    case "GRU":
      let z = sums(0, of: x, and: h).map(Self.sigmoid)
      let r = sums(1, of: x, and: h).map(Self.sigmoid)
      let n: [Double]
      if settings["linear_before_reset"]?.i == 1 {
        let (input, state) = (part(w, 2, x), part(self.r, 2, h))
        n = (0..<H).map { tanh(input[$0] + bias(0, 2, $0) + r[$0] * (state[$0] + bias(1, 2, $0))) }
      } else {
        let old = h
        n = sums(2, of: x, and: (0..<H).map { r[$0] * old[$0] }).map { tanh($0) }
      }
      h = (0..<H).map { (1 - z[$0]) * n[$0] + z[$0] * h[$0] }
    default: preconditionFailure("no recurrent operator is called \(type)")
    }
  }

  private static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  /// W x + Wb + R h + Rb of one gate.
  private func sums(_ gate: Int, of x: [Double], and h: [Double]) -> [Double] {
    let (input, state) = (part(w, gate, x), part(r, gate, h))
    return input.indices.map { input[$0] + bias(0, gate, $0) + state[$0] + bias(1, gate, $0) }
  }

  /// Half 0 of the biases belongs to W, half 1 to R.
  private func bias(_ half: Int, _ gate: Int, _ row: Int) -> Double {
    b.values[half * b.values.count / 2 + gate * r.shape[2] + row]
  }

  private func part(_ matrix: PlainTensor, _ gate: Int, _ vector: [Double]) -> [Double] {
    let (H, width) = (r.shape[2], matrix.shape[2])
    return (0..<H).map { row in
      (0..<width).reduce(0) { $0 + matrix.values[(gate * H + row) * width + $1] * vector[$1] }
    }
  }
}
