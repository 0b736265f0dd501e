import Foundation
import Testing
import TsuzuriTraining

struct OptimizerChoiceTests {
  private func message(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return String(describing: error)
    }
  }

  @Test func namesMakeTheirOptimizers() throws {
    #expect(try OptimizerChoice(named: "adamw", weightDecay: 0.1) == .adamW(.init(weightDecay: 0.1)))
    #expect(try OptimizerChoice(named: "sgd", numbers: .init(momentum: 0.9)) == .sgd(.init(momentum: 0.9)))
    #expect(try OptimizerChoice(named: "adamw").makeOptimizer(parameterCount: 3).stateBuffers.count == 2)
    #expect(try OptimizerChoice(named: "sgd").makeOptimizer(parameterCount: 3).stateBuffers.isEmpty)
    #expect(
      try OptimizerChoice(named: "adam", numbers: .init(beta1: 0.5))
        == .adamW(.init(beta1: 0.5, couplesWeightDecay: true)))
    let rmsprop = try OptimizerChoice(named: "rmsprop", numbers: .init(momentum: 0.9, alpha: 0.8, isCentered: true))
    #expect(rmsprop == .rmsprop(.init(alpha: 0.8, momentum: 0.9, isCentered: true)))
    let names = rmsprop.makeOptimizer(parameterCount: 3).stateBuffers.map(\.name)
    #expect(names == ["square", "mean", "velocity"])
    #expect(try OptimizerChoice(named: "adagrad", numbers: .init(epsilon: 1)) == .adagrad(.init(epsilon: 1)))
    #expect(try OptimizerChoice(named: "asgd") == .averagedSGD(.init()))
    #expect(try OptimizerChoice(named: "nt-asgd") == .averagedSGD(.init(nonMonotoneInterval: 5)))
    for name in OptimizerChoice.names { #expect(try OptimizerChoice(named: name).name == name) }
  }

  @Test func impossibleOptionsAreRefused() {
    #expect(
      message { _ = try OptimizerChoice(named: "lion") }
        == "--optimizer: expected adamw, adam, sgd, rmsprop, adagrad, asgd or nt-asgd, found 'lion'.")
    #expect(
      message { _ = try OptimizerChoice(named: "adamw", weightDecay: -0.5) }
        == "--weight-decay: expected a finite number, 0 or more, found -0.5.")
    #expect(
      message { _ = try OptimizerChoice(named: "sgd", weightDecay: .nan) }
        == "--weight-decay: expected a finite number, 0 or more, found nan.")
    #expect(
      message { _ = try OptimizerChoice(named: "sgd", numbers: .init(momentum: 1)) }
        == "--momentum: expected a number from 0 to below 1, found 1.")
    #expect(
      message { _ = try OptimizerChoice(named: "sgd", numbers: .init(isNesterov: true)) }
        == "--momentum: expected a number above 0, since Nesterov's look ahead needs one, found 0.")
    #expect(
      message { try OptimizerChoice.adamW(.init(beta2: 1)).validate() }
        == "--beta2: expected a number from 0 to below 1, found 1.")
    #expect(
      message { try OptimizerChoice.adamW(.init(beta1: -1, couplesWeightDecay: true)).validate() }
        == "--beta1: expected a number from 0 to below 1, found -1.")
    #expect(
      message { try OptimizerChoice.rmsprop(.init(alpha: 1)).validate() }
        == "--alpha: expected a number from 0 to below 1, found 1.")
    #expect(
      message { try OptimizerChoice.rmsprop(.init(momentum: 1.5)).validate() }
        == "--momentum: expected a number from 0 to below 1, found 1.5.")
    #expect(
      message { try OptimizerChoice.adagrad(.init(epsilon: .infinity)).validate() }
        == "--epsilon: expected a positive number that single precision can hold, found inf.")
    #expect(
      message { try OptimizerChoice.averagedSGD(.init(nonMonotoneInterval: -1)).validate() }
        == "--non-monotone-interval: expected 0 or more, found -1.")
    #expect(
      message { try OptimizerChoice.averagedSGD(.init(weightDecay: -1)).validate() }
        == "--weight-decay: expected a finite number, 0 or more, found -1.")
    #expect(
      message { try OptimizerChoice.adamW(.init(epsilon: 0)).validate() }
        == "--epsilon: expected a positive number that single precision can hold, found 0.")
  }

  @Test func jsonIsFlatAndComesBack() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let choices: [OptimizerChoice] = [
      .adamW(.init(weightDecay: 0.25)), .sgd(.init(momentum: 0.5, isNesterov: true)),
      .adamW(.init(couplesWeightDecay: true)),
      .rmsprop(.init(isCentered: true)), .adagrad(.init(weightDecay: 0.5)), .averagedSGD(.init()),
      .averagedSGD(.init(nonMonotoneInterval: 5)),
    ]
    let texts = try choices.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
    #expect(
      texts == [
        #"{"beta1":0.9,"beta2":0.999,"epsilon":1e-08,"name":"adamw","weightDecay":0.25}"#,
        #"{"isNesterov":true,"momentum":0.5,"name":"sgd","weightDecay":0}"#,
        #"{"beta1":0.9,"beta2":0.999,"epsilon":1e-08,"name":"adam","weightDecay":0}"#,
        #"{"alpha":0.99,"epsilon":1e-08,"isCentered":true,"momentum":0,"name":"rmsprop","weightDecay":0}"#,
        #"{"epsilon":1e-10,"name":"adagrad","weightDecay":0.5}"#,
        #"{"name":"asgd","weightDecay":0}"#,
        #"{"name":"nt-asgd","nonMonotoneInterval":5,"weightDecay":0}"#,
      ])
    #expect(try texts.map { try JSONDecoder().decode(OptimizerChoice.self, from: Data($0.utf8)) } == choices)
    #expect(
      message { _ = try JSONDecoder().decode(OptimizerChoice.self, from: Data(#"{"name":"lion"}"#.utf8)) }
        == "optimizer: expected adamw, adam, sgd, rmsprop, adagrad, asgd or nt-asgd, found 'lion'.")
  }

  @Test func checkpointsThatDoNotFitAreRefused() throws {
    let optimizer = try OptimizerChoice(named: "adamw").makeOptimizer(parameterCount: 4)
    let three = UnsafeMutableBufferPointer<Float>.allocate(capacity: 3)
    defer { three.deallocate() }
    three.initialize(repeating: 1)
    #expect(
      message { try optimizer.restore(stepCount: 1) { _ in nil } }
        == "checkpoint: expected the optimizer's buffer 'first_moment', found none. "
        + "It was saved by another optimizer: resume with that one.")
    #expect(
      message { try optimizer.restore(stepCount: 1) { _ in UnsafeBufferPointer(three) } }
        == "checkpoint: expected 4 values in the optimizer's buffer 'first_moment', found 3. "
        + "It belongs to a model of another size: resume with that model's options.")
    #expect(
      message { try optimizer.restore(stepCount: -2) { _ in nil } }
        == "checkpoint: expected the optimizer's step count to be 0 or more, found -2. The file is damaged.")
    #expect(optimizer.stepCount == 0)
    #expect(optimizer.stateBuffers.allSatisfy { $0.values.allSatisfy { $0 == 0 } })
  }
}
