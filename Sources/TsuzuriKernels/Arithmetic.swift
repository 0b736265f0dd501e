/// How the calling thread computes: which kernels, which products.
///
/// A value that is handed down, so that a test can run the same layer with every combination.
package struct Arithmetic: Sendable {
  package var kernels: KernelSet
  package var product: MatrixProduct
  /// Threads that share the columns of products with few rows; nil where a pass runs on its own thread alone.
  package var team: ProductTeam?
  /// Room for products of 8-bit integers; needed where weights are quantised.
  package var quantizedRows: QuantizedRows?

  package init(
    kernels: KernelSet = .best, product: MatrixProduct = .oneDNN, team: ProductTeam? = nil,
    quantizedRows: QuantizedRows? = nil, profile: StepProfile? = nil
  ) {
    self.kernels = kernels
    self.product = product
    self.product.profile = profile
    self.team = team
    self.quantizedRows = quantizedRows
  }

  /// Where time is counted; nil where nobody asks.
  package var profile: StepProfile? { product.profile }
}
