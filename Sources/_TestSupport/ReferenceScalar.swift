internal import Foundation

/// A number type that the plain references can be computed in.
public protocol ReferenceScalar: BinaryFloatingPoint, Sendable {
  /// e to the power of `x`.
  static func exp(_ x: Self) -> Self
  /// The natural logarithm of `x`.
  static func log(_ x: Self) -> Self
  /// The hyperbolic tangent of `x`.
  static func tanh(_ x: Self) -> Self
}

extension ReferenceScalar {
  /// 1 / (1 + e⁻ˣ).
  public static func sigmoid(_ x: Self) -> Self { 1 / (1 + exp(-x)) }
}

extension Float: ReferenceScalar {
  /// e to the power of `x`.
  public static func exp(_ x: Float) -> Float { Foundation.exp(x) }
  /// The natural logarithm of `x`.
  public static func log(_ x: Float) -> Float { Foundation.log(x) }
  /// The hyperbolic tangent of `x`.
  public static func tanh(_ x: Float) -> Float { Foundation.tanh(x) }
}

extension Double: ReferenceScalar {
  /// e to the power of `x`.
  public static func exp(_ x: Double) -> Double { Foundation.exp(x) }
  /// The natural logarithm of `x`.
  public static func log(_ x: Double) -> Double { Foundation.log(x) }
  /// The hyperbolic tangent of `x`.
  public static func tanh(_ x: Double) -> Double { Foundation.tanh(x) }
}
