import Testing
@testable import TsuzuriTraining

