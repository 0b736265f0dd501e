import Testing
@testable import TsuzuriData
