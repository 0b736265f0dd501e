import Foundation
import Testing
import _TestSupport

struct TrainTests {
  /// A corpus in a folder of its own.
  private func folder() throws -> TestFolder {
    let folder = try TestFolder()
    let story = TestCorpora.packageRoot + "/corpora/en/01-the-inspector.txt"
    try folder.write("story.txt", String(contentsOfFile: story, encoding: .utf8))
    return folder
  }

  private let size = TrainedModel.size

  private func train(_ arguments: [String], in folder: TestFolder, input: String = "") throws -> TestCommand.Outcome {
    let outcome = try TestCommand().run(["train"] + arguments, in: folder, input: input)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome
  }

  @Test func anInterruptedRunIsSavedAndEndsInTheSameBits() throws {
    let folder = try folder()
    let options = ["story.txt", "--max-steps", "900", "--epochs", "1000", "--dropout", "0.1"] + size
    _ = try train(options + ["--model", "whole"], in: folder)

    let running = try TestCommand().start(["train"] + options + ["--model", "halves"], in: folder)
    #expect(running.waits(forError: "epoch 1:"))
    running.send(SIGINT)
    let stopped = running.wait()
    #expect(stopped.status == 130, "\(stopped.errors)")
    let last = try #require(stopped.errors.split(separator: "\n").last)
    #expect(last.hasPrefix("warning: stopped after step "))
    #expect(last.hasSuffix("everything is saved. Go on with: tsuzuri train --resume --model halves"))

    let resumed = try train(["--resume", "--model", "halves", "--threads", "1"], in: folder)
    #expect(resumed.errors.contains("going on after step "))
    #expect(try folder.bytes("halves/model.safetensors") == folder.bytes("whole/model.safetensors"))

    // A finished run is left as it is.
    let again = try train(["story.txt", "--resume", "--model", "halves"], in: folder)
    #expect(again.errors.contains("the run is finished; it is left as it is."))
    #expect(try folder.bytes("halves/model.safetensors") == folder.bytes("whole/model.safetensors"))
  }

  @Test func terminationCountsAsAnInterruption() throws {
    let folder = try folder()
    let running = try TestCommand().start(["train", "story.txt", "--epochs", "100000", "--json"] + size, in: folder)
    #expect(running.waits(forError: "an epoch is"))
    running.send(SIGTERM)
    let stopped = running.wait()
    #expect(stopped.status == 143, "\(stopped.errors)")
    #expect(try fields(of: stopped)["model"] as? String == "model")
  }

  @Test func resumingWhereNothingWasSavedBeginsFromTheBeginning() throws {
    let folder = try folder()
    let outcome = try train(["story.txt", "--resume", "--max-steps", "2", "--quiet"] + size, in: folder)
    #expect(outcome.errors.contains("model: no checkpoint was saved yet; training starts from the beginning."))
  }

  /// A run that was killed before its first line of the log has a checkpoint of step 0.
  @Test func resumingWhereNoStepWasSavedSaysSo() throws {
    let folder = try folder()
    let options = ["story.txt", "--max-steps", "2"] + size
    let killed = try TestCommand().run(
      ["train"] + options, in: folder, environment: ["TSUZURI_FAULT": "append:1:kill"])
    #expect(killed.status == 137, "\(killed.errors)")
    let outcome = try train(["--resume"], in: folder)
    #expect(outcome.errors.contains("model: no step was saved yet; training starts from the beginning."))
  }

  /// The width that `--tie-embeddings` decides where nobody gives one is not decided again by whoever takes a model over.
  @Test func tiedEmbeddingsOfAWidthOfTheirOwnAreTakenOver() throws {
    let folder = try folder()
    let shape = ["--tie-embeddings", "--embedding-size", "12", "--hidden-size", "20", "--layers", "1"]
    let options = ["story.txt", "--batch-size", "4", "--max-steps", "6", "--checkpoint-every", "2"] + shape
    _ = try train(options + ["--model", "whole"], in: folder)
    let killed = try TestCommand().run(
      ["train"] + options, in: folder, environment: ["TSUZURI_FAULT": "rename:14:kill"])
    #expect(killed.status == 137, "\(killed.errors)")
    #expect(try train(["--resume"], in: folder).errors.contains("going on after step "))
    #expect(try folder.bytes("model/model.safetensors") == folder.bytes("whole/model.safetensors"))
    _ = try train(["--resume"], in: folder)
    _ = try train(["story.txt", "--init-from", "model", "--model", "next", "--max-steps", "1"], in: folder)
    let next = try fields(of: TestCommand().run(["info", "next", "--json"], in: folder))
    #expect((next["architecture"] as? [String: Any])?["embeddingSize"] as? Int == 12)
  }

  /// Where the weights came from is told, and belongs to the run as an option does.
  @Test func theModelThatARunStartedFromIsKnown() throws {
    let folder = try folder()
    for (model, seed) in [("a", "1"), ("b", "2")] {
      _ = try train(["story.txt", "--max-steps", "1", "--seed", seed, "--model", model] + size, in: folder)
    }
    _ = try train(["story.txt", "--init-from", "a", "--max-steps", "2"], in: folder)
    let told = try TestCommand().run(["info", "model"], in: folder).output.split(separator: "\n")
    #expect(told.contains { $0.hasPrefix("--init-from") && $0.hasSuffix(" a") })
    _ = try train(["--resume", "--init-from", "a"], in: folder)
    func refusal(_ arguments: [String]) throws -> String {
      let outcome = try TestCommand().run(["train", "--resume"] + arguments, in: folder)
      #expect(outcome.status == 1)
      return outcome.errors
    }
    #expect(
      try refusal(["--init-from", "b"])
        == "Error: --init-from b: the run in model was begun with a, and another value would change its result. "
        + "Leave the option out, or begin anew with --overwrite.\n")
    #expect(
      try refusal(["--init-from", "b", "--model", "a"])
        == "Error: --init-from b: the run in a was begun without the option, and another value would change its result. "
        + "Leave the option out, or begin anew with --overwrite.\n")
  }

  /// A pipe's times are those of its writing, and its content is all that it can be known by.
  @Test func aPipeIsReadAsStandardInputIs() throws {
    let folder = try folder()
    let options = "--max-steps 2 --checkpoint-every 1 --quiet " + size.joined(separator: " ")
    let first = try TestCommand().runInShell(
      "mkfifo pipe && (cat story.txt > pipe &) && COMMAND train pipe --model piped \(options)", in: folder)
    #expect(first.status == 0, "\(first.errors)")
    let again = try TestCommand().runInShell(
      "(cat story.txt > pipe &) && COMMAND train pipe --model piped --resume \(options)", in: folder)
    #expect(again.errors.contains("the run is finished; it is left as it is."), "\(again.errors)")
    let named = try TestCommand().runInShell("COMMAND train <(cat story.txt) --model named \(options)", in: folder)
    #expect(named.status == 0, "\(named.errors)")
    _ = try train(["story.txt", "--model", "plain"] + options.split(separator: " ").map(String.init), in: folder)
    for model in ["piped", "named"] {
      #expect(try folder.bytes("\(model)/model.safetensors") == folder.bytes("plain/model.safetensors"))
    }
  }

  @Test func theTokensAreFoundAgain() throws {
    let folder = try folder()
    let options = ["story.txt", "--max-steps", "1", "--overwrite"] + size
    #expect(try train(options, in: folder).errors.contains("tokenized; the tokens are kept in "))
    #expect(try train(options, in: folder).errors.contains("tokenized before; the tokens are in "))
    #expect(try train(options + ["--cache", "mine"], in: folder).errors.contains("are kept in mine/"))
  }

  @Test func theCommandLineWinsOverAPreset() throws {
    let folder = try folder()
    try folder.write(
      "small.options", "# A small model.\n--layers 1\n--hidden-size 12\n\n--batch-size   4\n--tie-embeddings\n")
    _ = try train(
      ["story.txt", "--preset", "small.options", "--hidden-size", "10", "--max-steps", "1"],
      in: folder)
    let info = try fields(of: TestCommand().run(["info", "--json"], in: folder))
    let shape = try #require(info["architecture"] as? [String: Any])
    #expect(shape["layers"] as? Int == 1)
    #expect(shape["hiddenSize"] as? Int == 10)
    #expect(shape["tiesEmbeddings"] as? Bool == true)
    #expect(shape["embeddingSize"] as? Int == 10, "what is tied is as wide as the layers")
  }

  @Test func anotherModelsWeightsAndSizesAreTakenOver() throws {
    let folder = try folder()
    _ = try train(["story.txt", "--max-steps", "20", "--model", "english"] + size, in: folder)
    try folder.write("ja.txt", String(repeating: "朝の港に the ferry が来た。\n", count: 100))
    let outcome = try train(
      ["ja.txt", "--init-from", "english", "--max-steps", "1", "--batch-size", "4"], in: folder)
    #expect(outcome.errors.contains("tokens start from english"))
    let info = try fields(of: TestCommand().run(["info", "--json"], in: folder))
    #expect((info["architecture"] as? [String: Any])?["hiddenSize"] as? Int == 24)
  }

  /// As an option, from a preset, in a resumed run, and from the model that a run starts from.
  @Test func aProjectionAndNormalisationAreKept() throws {
    let folder = try folder()
    try folder.write("narrow.options", "--projection-size 10\n--tie-embeddings\n--hidden-size 24\n--layers 2\n")
    _ = try train(["story.txt", "--preset", "narrow.options", "--max-steps", "2", "--model", "narrow"], in: folder)
    func info(_ model: String) throws -> (shape: [String: Any], text: String) {
      let json = try fields(of: TestCommand().run(["info", model, "--json"], in: folder))
      let text = try TestCommand().run(["info", model], in: folder).output
      return (try #require(json["architecture"] as? [String: Any]), text)
    }
    let narrow = try info("narrow")
    #expect(narrow.shape["projectionSize"] as? Int == 10)
    #expect(narrow.shape["embeddingSize"] as? Int == 10, "what is tied is as wide as the layers' output")
    #expect(narrow.text.contains("lstm, 2 layers of 24 projected to 10, embedding 10"))
    let written = try TestCommand().run(["generate", "--model", "narrow", "-n", "5", "--seed", "1"], in: folder)
    #expect(written.status == 0, "\(written.errors)")
    _ = try train(["story.txt", "--init-from", "narrow", "--max-steps", "1", "--model", "after"], in: folder)
    #expect(try info("after").shape["projectionSize"] as? Int == 10)
    let refused = try TestCommand().run(
      ["train", "story.txt", "--init-from", "narrow", "--projection-size", "12", "--model", "other"], in: folder)
    #expect(
      refused.errors.split(separator: "\n").first
        == "Error: --projection-size 12: the model in narrow, whose weights are taken, has 10. Leave the option out.")

    _ = try train(["story.txt", "--layer-norm", "--max-steps", "2", "--model", "normalised"] + size, in: folder)
    let normalised = try info("normalised")
    #expect(normalised.shape["normalizesGates"] as? Bool == true)
    #expect(normalised.text.contains("lstm with layer normalisation, 1 layer of 24, embedding 12"))
    let changed = try TestCommand().run(["train", "--resume", "--no-layer-norm", "--model", "normalised"], in: folder)
    #expect(
      changed.errors.hasPrefix("Error: --layer-norm false: the run in normalised was begun with true, and another "))
  }

  @Test func aSampleIsWrittenAfterEachEpoch() throws {
    let outcome = try train(
      ["story.txt", "--epochs", "2", "--sample-prompt", "The inspector"] + size, in: folder())
    #expect(outcome.errors.split(separator: "\n").count { $0.hasPrefix("  The inspector") } == 2)
  }

  @Test func quietLeavesTheResultAlone() throws {
    let outcome = try train(["story.txt", "--max-steps", "1", "--quiet"] + size, in: folder())
    #expect(outcome.errors == "")
    #expect(outcome.output.hasPrefix("model            model\nparameters       "))
  }

  @Test func standardInputIsACorpus() throws {
    let text = String(repeating: "The ferry came in, and nobody was on it. ", count: 100)
    let outcome = try train(
      ["-", "--max-steps", "1", "--batch-size", "4", "--json"], in: TestFolder(), input: text)
    #expect(try fields(of: outcome)["steps"] as? Int == 1)
  }

  @Test func theRecordSaysThatBytesAreNotNormalized() throws {
    let folder = try folder()
    _ = try train(["story.txt", "--level", "byte", "--max-steps", "1"] + size, in: folder)
    let info = try fields(of: TestCommand().run(["info", "--json"], in: folder))
    let options = (info["training"] as? [String: Any])?["options"] as? [String: String]
    #expect(options?["normalization"] == "none")
  }
}
