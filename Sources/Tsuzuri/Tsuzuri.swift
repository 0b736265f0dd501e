// Of the files' own module only its error: whoever saves or loads a model may have to catch it.
@_exported public import enum TsuzuriArchive.ArchiveError
@_exported public import TsuzuriData
@_exported public import TsuzuriEvaluation
@_exported public import TsuzuriGeneration
// And of the kernels' the generator that a seed decides: a sampler takes one.
@_exported public import struct TsuzuriKernels.CounterBasedGenerator
@_exported public import TsuzuriModel
@_exported public import TsuzuriModelFolder
@_exported public import TsuzuriNGram
@_exported public import TsuzuriText
@_exported public import TsuzuriTraining
