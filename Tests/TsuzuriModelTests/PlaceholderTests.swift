import Testing
@testable import TsuzuriModel

