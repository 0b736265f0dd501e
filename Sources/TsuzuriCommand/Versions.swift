import Tsuzuri
import TsuzuriKernels

/// What `tsuzuri --version` says: equal results are promised for equal versions only.
enum Versions {
  /// The command's own version.
  static let tsuzuri = "0.1.0"

  static var description: String {
    """
    tsuzuri \(tsuzuri)
    ICU \(ICUVersion.current) (Unicode \(ICUVersion.unicode))
    oneDNN \(MatrixProduct.version)
    kernels \(KernelSet.best.name)
    """
  }
}
