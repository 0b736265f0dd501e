import ArgumentParser

/// Where token files are kept.
struct CacheOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the corpus is kept as tokens (default: $XDG_CACHE_HOME/tsuzuri or ~/.cache/tsuzuri).", valueName: "dir"))
  var cache: String?

  /// The folder that is named, or the one that tokens are kept in where none is.
  var folder: String? { cache ?? CacheFolder.standard }
}
