/// How the learning rate changes over a run: a warm-up, and the shape that follows it.
///
/// A run may be bounded by epochs, steps or time, so most shapes are laid over the run's progress from 0 to 1, whatever
/// measures it; only warm-up counts steps, and only `step` counts epochs. ``LearningRateScheduler`` follows a schedule.
public struct LearningRateSchedule: Sendable, Hashable {
  /// What the rate does after warm-up.
  public enum Shape: Sendable, Hashable {
    /// ``LearningRateSchedule/constant``.
    case constant
    /// ``LearningRateSchedule/cosine(warmupSteps:finalFraction:)``.
    case cosine(finalFraction: Double)
    /// ``LearningRateSchedule/plateau(factor:patience:threshold:minimumFraction:)``.
    case plateau(factor: Double, patience: Int, threshold: Double, minimumFraction: Double)
    /// ``LearningRateSchedule/step(afterEpoch:factor:)``.
    case step(afterEpoch: Int, factor: Double)
    /// ``LearningRateSchedule/oneCycle(rise:initialDivisor:finalDivisor:)``.
    case oneCycle(rise: Double, initialDivisor: Double, finalDivisor: Double)
  }

  /// What the rate does after warm-up.
  public var shape: Shape

  /// W, the steps in which the rate rises linearly:
  ///
  ///     step s < W:  what the shape has · (s + 1) / (W + 1)
  ///
  /// Shapes that are laid over the run, cosine and one-cycle, begin when warm-up ends, and cover what is left of the run.
  ///
  /// PyTorch: `LinearLR(start_factor=1/(W+1), total_iters=W)`.
  public var warmupSteps: Int

  /// A shape after a warm-up.
  public init(_ shape: Shape, warmupSteps: Int = 0) {
    self.shape = shape
    self.warmupSteps = warmupSteps
  }

  /// The same rate in every step.
  public static let constant = LearningRateSchedule(.constant)

  /// Half a cosine over the run.
  ///
  ///     rate · (f + (1 − f) · (1 + cos πx) / 2),  x from 0 at the end of warm-up to 1 at the run's end
  ///
  /// Source: Loshchilov & Hutter 2017, "SGDR", eq. 5, without restarts. PyTorch: `CosineAnnealingLR(T_max=steps − W,
  /// eta_min=rate · f)`.
  public static func cosine(warmupSteps: Int = 0, finalFraction: Double = 0) -> LearningRateSchedule {
    LearningRateSchedule(.cosine(finalFraction: finalFraction), warmupSteps: warmupSteps)
  }

  /// The rate times `factor` whenever the validation loss has not improved for more than `patience` validations.
  ///
  /// An improvement is a loss below `best · (1 − threshold)`. The rate does not fall below `minimumFraction` of what
  /// it was at first, nor by less than 10⁻⁸. PyTorch: `ReduceLROnPlateau(mode="min", threshold_mode="rel")`, but with
  /// a factor of 0.5 and a patience of 2, since a run has few validations.
  public static func plateau(
    factor: Double = 0.5, patience: Int = 2, threshold: Double = 1e-4, minimumFraction: Double = 0
  ) -> LearningRateSchedule {
    LearningRateSchedule(
      .plateau(factor: factor, patience: patience, threshold: threshold, minimumFraction: minimumFraction))
  }

  /// The whole rate for N epochs; in each later one, it is divided by F once more.
  ///
  ///     rate / F^max(0, e − N),  e the epoch from 1
  ///
  /// Source: Zaremba, Sutskever & Vinyals 2014, "Recurrent neural network regularization", section 4.1: N, F of 4, 2
  /// (small), 6, 1.2 (medium) and 14, 1.15 (large). PyTorch: `LambdaLR`.
  public static func step(afterEpoch: Int = 4, factor: Double = 2) -> LearningRateSchedule {
    LearningRateSchedule(.step(afterEpoch: afterEpoch, factor: factor))
  }

  /// Up and far down again: half a cosine from rate / `initialDivisor` to the rate, over the part `rise` of the run, then
  /// half a cosine to rate / `initialDivisor` / `finalDivisor`.
  ///
  ///     step s of N:  s ≤ u = rise · N − 1:  from rate / d to rate,           s / u of the way
  ///                   after:                 from rate to rate / d / d′,      (s − u) / (N − 1 − u) of the way
  ///
  /// Source: Smith & Topin 2018, "Super-convergence". PyTorch: `OneCycleLR(max_lr=rate, pct_start=rise,
  /// cycle_momentum=False)`.
  public static func oneCycle(
    rise: Double = 0.3, initialDivisor: Double = 25, finalDivisor: Double = 1e4
  ) -> LearningRateSchedule {
    LearningRateSchedule(.oneCycle(rise: rise, initialDivisor: initialDivisor, finalDivisor: finalDivisor))
  }

  /// The names that `--schedule` takes.
  public static let names = ["constant", "cosine", "plateau", "step", "one-cycle"]

  /// The numbers that some schedules have and others do not.
  public struct Numbers: Sendable, Hashable {
    /// For `cosine`: what is left of the rate at the end.
    public var finalFraction = 0.0
    /// For `step`: the epochs with the whole rate.
    public var stepAfterEpoch = 4
    /// For `step`: what the rate is divided by in each later epoch.
    public var stepFactor = 2.0
    /// For `plateau`: what the rate is multiplied by.
    public var plateauFactor = 0.5
    /// For `plateau`: the validations without improvement that it bears.
    public var plateauPatience = 2
    /// For `one-cycle`: the part of the run in which the rate rises.
    public var oneCycleRise = 0.3

    /// The schedules' own numbers, but for those that are given.
    public init(
      finalFraction: Double = 0, stepAfterEpoch: Int = 4, stepFactor: Double = 2, plateauFactor: Double = 0.5,
      plateauPatience: Int = 2, oneCycleRise: Double = 0.3
    ) {
      self.finalFraction = finalFraction
      self.stepAfterEpoch = stepAfterEpoch
      self.stepFactor = stepFactor
      self.plateauFactor = plateauFactor
      self.plateauPatience = plateauPatience
      self.oneCycleRise = oneCycleRise
    }
  }

  /// The schedule called `name`.
  ///
  /// - Parameters:
  ///   - name: One of ``names``.
  ///   - warmupSteps: The steps in which the rate rises.
  ///   - numbers: What else it has; what it has not is left alone.
  /// - Throws: ``OptimizationError`` for an unknown name or an impossible number.
  public init(named name: String, warmupSteps: Int = 0, numbers: Numbers = Numbers()) throws {
    switch name {
    case "constant": self = .constant
    case "cosine": self = .cosine(finalFraction: numbers.finalFraction)
    case "plateau": self = .plateau(factor: numbers.plateauFactor, patience: numbers.plateauPatience)
    case "step": self = .step(afterEpoch: numbers.stepAfterEpoch, factor: numbers.stepFactor)
    case "one-cycle": self = .oneCycle(rise: numbers.oneCycleRise)
    default: throw OptimizationError.unknownName(option: "--schedule", choices: Self.names, found: name)
    }
    self.warmupSteps = warmupSteps
    try validate()
  }

  /// The schedule's name, as `--schedule` takes it.
  public var name: String {
    switch shape {
    case .constant: "constant"
    case .cosine: "cosine"
    case .plateau: "plateau"
    case .step: "step"
    case .oneCycle: "one-cycle"
    }
  }
}
