internal import TsuzuriModel

/// The text of `load_model.py`: the model in PyTorch's own names.
struct LoadingScript {
  private let configuration: ModelConfiguration
  private let recurrence: PyTorchRecurrence

  init(_ configuration: ModelConfiguration, _ recurrence: PyTorchRecurrence) {
    self.configuration = configuration
    self.recurrence = recurrence
  }

  /// The whole script.
  var text: String {
    """
    \(summary)
    from pathlib import Path

    import torch
    from safetensors.torch import load_file


    \(modelClass)

    \(loading)

    if __name__ == "__main__":
        print(load())

    """
  }

  private var summary: String {
    let (L, H, P) = (configuration.layers, configuration.hiddenSize, configuration.outputSize)
    let state =
      recurrence.hasTwoStates
      ? "a pair of h [\(L), batch, \(P)] and c [\(L), batch, \(H)]" : "[\(L), batch, \(P)]"
    let remark = recurrence.remark.map { "\n" + $0 + "\n" } ?? ""
    return """
      \"""Loads the language model that lies beside this file into PyTorch. Needs the packages torch and safetensors.

          from load_model import load
          model = load()
          logits, state = model(torch.tensor([[0]]))          # id 0 begins a text
          logits, state = model(torch.tensor([[65]]), state)  # so it goes on, one token or many at a time

      ids     int64 [batch, time]; line n of vocabulary.txt, counted from 0, is the token of id n
      logits  [batch, time, \(configuration.vocabularySize)], those of the token that follows each
      state   \(state); None is zeros
      \(remark)\"""
      """
  }

  private var modelClass: String {
    let (V, E) = (configuration.vocabularySize, configuration.embeddingSize)
    var lines = [
      "class LanguageModel(torch.nn.Module):",
      "    def __init__(self):",
      "        super().__init__()",
      "        self.embedding = torch.nn.Embedding(\(V), \(E))",
    ]
    lines += stack.map { "        " + $0 }
    let width = configuration.projectsFeatures ? E : configuration.outputSize
    if configuration.projectsFeatures {
      lines.append("        self.projection = torch.nn.Linear(\(configuration.outputSize), \(E), bias=False)")
    }
    lines.append("        self.output = torch.nn.Linear(\(width), \(V))")
    if configuration.tiesEmbeddings { lines.append("        self.output.weight = self.embedding.weight") }
    lines += ["", "    def forward(self, ids, state=None):"]
    lines += (recurrence.isList ? listCall : moduleCall).map { "        " + $0 }
    let features = configuration.projectsFeatures ? "self.projection(hidden)" : "hidden"
    lines += ["        return self.output(\(features)), state", ""]
    return lines.joined(separator: "\n")
  }

  /// The lines that make the recurrent layers.
  private var stack: [String] {
    let (E, P) = (configuration.embeddingSize, configuration.outputSize)
    if !recurrence.isList { return ["self.rnn = " + call(inputs: E, layers: configuration.layers)] }
    let layers = (0..<configuration.layers).map { "    \(call(inputs: $0 == 0 ? E : P, layers: 1))," }
    return ["self.rnn = torch.nn.ModuleList(["] + layers + ["])"]
  }

  private func call(inputs: Int, layers: Int) -> String {
    switch recurrence.layer {
    case .module(let name, _, let arguments):
      let sizes = ["\(inputs)", "\(configuration.hiddenSize)"] + (layers == 1 ? [] : ["\(layers)"])
      return "torch.nn.\(name)(\((sizes + arguments + ["batch_first=True"]).joined(separator: ", ")))"
    }
  }

  private var moduleCall: [String] { ["hidden, state = self.rnn(self.embedding(ids), state)"] }

  private var listCall: [String] {
    let part = recurrence.hasTwoStates ? "tuple(part[k:k + 1] for part in state)" : "state[k:k + 1]"
    let joined =
      recurrence.hasTwoStates ? "tuple(torch.cat(parts) for parts in zip(*states))" : "torch.cat(states)"
    return [
      "hidden = self.embedding(ids)",
      "states = []",
      "for k, layer in enumerate(self.rnn):",
      "    output, new_state = layer(hidden, None if state is None else \(part))",
      "    hidden = output + hidden if k > 0 else output",
      "    states.append(new_state)",
      "state = \(joined)",
    ]
  }

  private var loading: String {
    var lines = [
      "def load(folder=Path(__file__).parent):",
      "    tensors = load_file(Path(folder) / \"model.safetensors\")",
    ]
    if configuration.tiesEmbeddings {
      lines.append("    tensors[\"output.weight\"] = tensors[\"embedding.weight\"]")
    }
    lines += [
      "    model = LanguageModel()",
      "    model.load_state_dict(tensors)",
      "    return model.eval()",
      "",
    ]
    return lines.joined(separator: "\n")
  }
}
