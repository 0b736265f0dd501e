import Foundation
import Testing
import TsuzuriArchive
import TsuzuriModel
import TsuzuriModelFolder
import TsuzuriText
import _TestSupport

@testable import TsuzuriExchange

struct PyTorchExportTests {
  @Test func theScriptHasPyTorchsNamesOnly() throws {
    let configuration = ModelConfiguration(vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 3)
    let script = try PyTorchExport(SmallModels.text(configuration)).script
    #expect(
      script == """
        \"""Loads the language model that lies beside this file into PyTorch. Needs the packages torch and safetensors.

            from load_model import load
            model = load()
            logits, state = model(torch.tensor([[0]]))          # id 0 begins a text
            logits, state = model(torch.tensor([[65]]), state)  # so it goes on, one token or many at a time

        ids     int64 [batch, time]; line n of vocabulary.txt, counted from 0, is the token of id n
        logits  [batch, time, 257], those of the token that follows each
        state   a pair of h [3, batch, 7] and c [3, batch, 7]; None is zeros
        \"""
        from pathlib import Path

        import torch
        from safetensors.torch import load_file


        class LanguageModel(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.embedding = torch.nn.Embedding(257, 5)
                self.rnn = torch.nn.LSTM(5, 7, 3, batch_first=True)
                self.output = torch.nn.Linear(7, 257)

            def forward(self, ids, state=None):
                hidden, state = self.rnn(self.embedding(ids), state)
                return self.output(hidden), state


        def load(folder=Path(__file__).parent):
            tensors = load_file(Path(folder) / "model.safetensors")
            model = LanguageModel()
            model.load_state_dict(tensors)
            return model.eval()


        if __name__ == "__main__":
            print(load())

        """)
  }

  @Test func aMatrixStandsBeforeATiedEmbeddingOfAnotherWidth() throws {
    let configuration = ModelConfiguration(
      vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 1, tiesEmbeddings: true)
    let script = try PyTorchExport(SmallModels.text(configuration)).script
    #expect(script.contains("        self.projection = torch.nn.Linear(7, 5, bias=False)\n"))
    #expect(script.contains("        self.output = torch.nn.Linear(5, 257)\n"))
    #expect(script.contains("        return self.output(self.projection(hidden)), state\n"))
  }

  @Test func aTiedModelHasOneMatrixAndASecondNameForIt() throws {
    let configuration = ModelConfiguration(
      vocabularySize: 257, embeddingSize: 6, hiddenSize: 6, layers: 1, tiesEmbeddings: true)
    let export = try PyTorchExport(SmallModels.text(configuration))
    #expect(export.script.contains("        self.output.weight = self.embedding.weight\n"))
    #expect(export.script.contains("    tensors[\"output.weight\"] = tensors[\"embedding.weight\"]\n"))
    let folder = try TestFolder()
    try export.write(to: folder["out"])
    let file = try SafetensorsFile(path: folder["out/model.safetensors"])
    #expect(!file.contains("output.weight"))
    #expect(file.metadata["format"] == "pt")
  }

  @Test(arguments: [
    (CellKind.gru, "torch.nn.GRU(5, 7, 2, batch_first=True)"), (.rnn, "torch.nn.RNN(5, 7, 2, batch_first=True)"),
    (.rnnReLU, "torch.nn.RNN(5, 7, 2, nonlinearity=\"relu\", batch_first=True)"),
  ])
  func cellsOfTorchAreItsModules(cell: CellKind, call: String) throws {
    let model = try SmallModels.text(
      ModelConfiguration(cell: cell, vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 2))
    let export = try PyTorchExport(model)
    #expect(export.script.contains("        self.rnn = \(call)\n"))
    let folder = try TestFolder()
    try export.write(to: folder["out"])
    let file = try SafetensorsFile(path: folder["out/model.safetensors"])
    for slice in model.model.layout.slices {
      #expect(try file.floats(of: slice.name, shape: slice.shape) == model.model.values(of: slice.name))
    }
  }

  @Test func aGRUThatResetsBeforeIsRefusedWithTheReason() throws {
    let model = try SmallModels.text(
      ModelConfiguration(cell: .gruResetBefore, vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 2))
    let error = #expect(throws: ExchangeError.self) { try PyTorchExport(model) }
    #expect(
      error?.description
        == "PyTorch cannot hold a GRU that resets before the product: torch.nn.GRU resets after it. "
        + "Export it with '--format onnx'.")
  }

  @Test func residualLayersAreModulesOfTheirOwn() throws {
    let configuration = ModelConfiguration(
      vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 2, isResidual: true)
    let model = try SmallModels.text(configuration)
    let export = try PyTorchExport(model)
    #expect(
      export.script.contains(
        """
                self.rnn = torch.nn.ModuleList([
                    torch.nn.LSTM(5, 7, batch_first=True),
                    torch.nn.LSTM(7, 7, batch_first=True),
                ])
        """))
    #expect(export.script.contains("            hidden = output + hidden if k > 0 else output\n"))
    let folder = try TestFolder()
    try export.write(to: folder["out"])
    let file = try SafetensorsFile(path: folder["out/model.safetensors"])
    #expect(
      try file.floats(of: "rnn.1.weight_ih_l0", shape: [28, 7]) == model.model.values(of: "rnn.weight_ih_l1"))
  }

  /// Where a text begins is for the caller to say, so the script has to.
  @Test func aModelOfLinesSaysWhereTheyBegin() throws {
    let configuration = ModelConfiguration(
      vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 1, resetTokens: [11])
    #expect(
      try PyTorchExport(SmallModels.text(configuration)).script.contains(
        "Each line was a text by itself: begin it with id 0 and without a state. The id of the line's end is never fed."
      ))
    let file = try ONNXExport(SmallModels.text(configuration)).file
    #expect(file.metadataProps.first { $0.key == "document" }?.value == "line")
  }

  @Test func theFolderHoldsWeightsScriptAndVocabulary() throws {
    let model = try SmallModels.text(
      ModelConfiguration(vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 3))
    let folder = try TestFolder()
    try PyTorchExport(model).write(to: folder["deep/out"])
    for name in PyTorchExport.files { #expect(try !folder.bytes("deep/out/" + name).isEmpty) }
    #expect(try folder.bytes("deep/out/vocabulary.txt") == model.tokenizer.vocabulary.fileContent)
    let file = try SafetensorsFile(path: folder["deep/out/model.safetensors"])
    for slice in model.model.layout.slices {
      #expect(try file.floats(of: slice.name, shape: slice.shape) == model.model.values(of: slice.name))
    }
  }

  @Test func aFolderThatHoldsAModelOfOursIsRefused() throws {
    let model = try SmallModels.text(
      ModelConfiguration(vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 3))
    let folder = try TestFolder()
    try ModelFolder(folder["model"]).write(model)
    let error = #expect(throws: ExchangeError.self) { try PyTorchExport(model).write(to: folder["model"]) }
    #expect(
      error?.description
        == "\(folder["model"]): holds a model of tsuzuri, whose weights would be replaced. "
        + "Name another folder with --output.")
  }
}
