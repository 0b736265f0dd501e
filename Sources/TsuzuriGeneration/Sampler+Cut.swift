internal import CKernels
import Glibc
internal import TsuzuriKernels

/// The end of the prefix that top-k, top-p and min-p leave.
struct Cut {
  /// The last token of the prefix.
  var last = Candidate(logit: -.infinity, id: .max)
  /// The smallest logit that min-p lets pass.
  var threshold = -Float.infinity

  func keeps(_ logit: Float, _ id: Int32) -> Bool {
    logit >= threshold && (logit > last.logit || (logit == last.logit && id <= last.id))
  }
}

extension Sampler {
  /// Where the rules cut, or nil where they keep everything.
  func cut(maximum: Float) -> Cut? {
    let cutsCount = rules.topK > 0 && rules.topK < vocabularySize
    let cutsMass = rules.topP < 1
    guard cutsCount || cutsMass || rules.minP > 0 else { return nil }
    var cut = Cut()
    if cutsCount { selection.takeLargest(rules.topK, of: UnsafeBufferPointer(logits)) }
    if cutsMass {
      let mass = cutsCount ? weighSelection(maximum) : weighEverything(maximum)
      selection.keepPrefix(reaching: rules.topP * mass) { Double($0.weight) }
    }
    if cutsCount || cutsMass { cut.last = selection.last }
    // P(i) ≥ minP · P(max) ⇔ zᵢ ≥ z_max + ln minP, whatever was cut before: no exponential is needed.
    if rules.minP > 0 { cut.threshold = maximum + Float(log(rules.minP)) }
    return cut
  }

  /// Gives each selected token its weight; returns the sum.
  private func weighSelection(_ maximum: Float) -> Double {
    let count = selection.count
    for index in 0..<count { weights[index] = selection[index].logit - maximum }
    kernels.table.pointee.exponential(count, weights.baseAddress!)
    for index in 0..<count { selection[index].weight = weights[index] }
    return sumOfWeights(count)
  }

  /// Selects the tokens that can be in top-p's set, with their weights; returns the sum over all tokens.
  private func weighEverything(_ maximum: Float) -> Double {
    for id in 0..<vocabularySize { weights[id] = logits[id] - maximum }
    kernels.table.pointee.exponential(vocabularySize, weights.baseAddress!)
    let sum = sumOfWeights(vocabularySize)
    // All tokens lighter than (1 − p) · sum / V weigh (1 − p) · sum together at most: the others reach p without
    // them. Half of that, so that rounding cannot matter. Of 50,000 tokens this leaves some hundreds.
    let lightest = Float((1 - rules.topP) * sum / Double(vocabularySize) / 2)
    selection.removeAll()
    for id in 0..<vocabularySize where weights[id] >= lightest {
      selection.append(Candidate(logit: logits[id], id: Int32(truncatingIfNeeded: id), weight: weights[id]))
    }
    return sum
  }
}
