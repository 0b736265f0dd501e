import Testing
@testable import TsuzuriKernels

