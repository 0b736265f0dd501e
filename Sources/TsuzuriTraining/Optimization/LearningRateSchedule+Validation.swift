extension LearningRateSchedule {
  /// Checks every number.
  ///
  /// - Throws: ``OptimizationError`` for the first that cannot be.
  public func validate() throws {
    func require(_ holds: Bool, _ option: String, _ expected: String, _ found: Double) throws {
      try OptimizationError.require(holds, option: option, expected: expected, found: found)
    }
    try require(warmupSteps >= 0, "--warmup-steps", "0 or more", Double(warmupSteps))
    switch shape {
    case .constant: return
    case .cosine(let finalFraction):
      try require(
        (0...1).contains(finalFraction), "--final-learning-rate-fraction", "a number from 0 to 1", finalFraction)
    case .plateau(let factor, let patience, let threshold, let minimumFraction):
      try require(factor > 0 && factor < 1, "--plateau-factor", "a number between 0 and 1", factor)
      try require(patience >= 0, "--plateau-patience", "0 or more", Double(patience))
      try require(
        threshold >= 0 && threshold < 1, "the plateau's threshold", "a number from 0 to below 1", threshold)
      try require(
        (0...1).contains(minimumFraction), "the plateau's minimum fraction", "a number from 0 to 1", minimumFraction)
    case .step(let afterEpoch, let factor):
      try require(afterEpoch >= 0, "--step-after", "0 or more", Double(afterEpoch))
      try require(factor >= 1 && factor.isFinite, "--step-factor", "a finite number, 1 or more", factor)
    case .oneCycle(let rise, let initialDivisor, let finalDivisor):
      try require(rise > 0 && rise < 1, "--one-cycle-rise", "a number between 0 and 1", rise)
      for (option, divisor) in [
        ("the initial divisor of one-cycle", initialDivisor), ("the final divisor of one-cycle", finalDivisor),
      ] {
        try require(divisor >= 1 && divisor.isFinite, option, "a finite number, 1 or more", divisor)
      }
    }
  }
}
