internal import Foundation
public import TsuzuriModel
public import TsuzuriModelFolder

extension ModelFolder {
  /// Reads the statistics of the model's gradients; nil where the folder has none.
  ///
  /// - Throws: as ``GradientStatistics/init(contentsOf:configuration:)``.
  public func readGradientStatistics(for configuration: ModelConfiguration) throws -> GradientStatistics? {
    guard FileManager.default.fileExists(atPath: gradientStatisticsPath) else { return nil }
    return try GradientStatistics(contentsOf: gradientStatisticsPath, configuration: configuration)
  }
}
