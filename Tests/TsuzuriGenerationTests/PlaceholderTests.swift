import Testing
@testable import TsuzuriGeneration
