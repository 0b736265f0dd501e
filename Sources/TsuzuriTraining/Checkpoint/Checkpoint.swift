package import TsuzuriKernels
package import TsuzuriModel

/// Everything that a run needs to go on as if it had never stopped.
///
/// Dropout and initial weights are functions of the seed and the step (`CounterBasedGenerator`), so no generator's
/// state is needed beside the step's number. All of it is copied, so that it can be written while the run goes on.
package struct Checkpoint: Sendable {
  /// The version of the format that this build writes and reads.
  package static let currentFormatVersion = 3

  /// The part that is not tensors: JSON in the file's metadata.
  package struct Header: Codable, Sendable {
    package var formatVersion = Checkpoint.currentFormatVersion
    /// The network's shape.
    package var model: ModelConfiguration
    /// The run's options.
    package var training: TrainingConfiguration
    /// What identifies the tokens that are trained on.
    package var corpusFingerprint: String
    /// The kernels and libraries that computed so far: the same bits are promised for the same ones only.
    package var environment: [String: String]
    /// Where the run is.
    package var progress: TrainingProgress
    /// The updates that the optimizer has made.
    package var optimizerSteps: Int
    /// The names of the optimizer's buffers.
    package var optimizerBuffers: [String]
  }

  package var header: Header
  /// The weights of the last step.
  package var parameters: FloatBuffer
  /// The optimizer's buffers, in the header's order.
  package var optimizerState: [FloatBuffer]
  /// The state of every lane.
  package var state: RecurrentState
}

/// Where a checkpoint stands in `training/`.
package struct StoredCheckpoint: Codable, Sendable, Hashable {
  /// Its name in the folder.
  package var file: String
  /// The steps that it has behind it.
  package var step: Int
  /// The checksum of the file, in hexadecimal digits.
  package var checksum: String

  /// An index is a file like any other: a name in it must lead to a checkpoint and nowhere else.
  var hasPlainName: Bool { CheckpointFolder.isCheckpoint(file) }
}
