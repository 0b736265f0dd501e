import Foundation
import Tsuzuri

let story = try String(contentsOfFile: "corpora/en/01-the-inspector.txt", encoding: .utf8)
let plan = TrainingConfiguration(batchSize: 4, sequenceLength: 32, learningRate: 0.005, epochs: 20)
let model = try TextModel.train(on: story, layers: 1, hiddenSize: 128, training: plan)
for try await piece in try model.generate(prompt: "The captain ") { print(piece.text, terminator: "") }
print("\nperplexity", try model.evaluate("The captain painted the ferry.").perplexity)
try ModelFolder("model").write(model)
let again = try ModelFolder("model").load()
print(again.model.parameterCount, "parameters,", again.tokenizer.vocabulary.count, "tokens")
