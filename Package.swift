// swift-tools-version: 6.1
import PackageDescription

let swift: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A library target and its tests, which stand side by side in `Sources/NAME` and `Tests/NAMETests`.
func library(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [],
  testDependencies: [Target.Dependency] = [], testResources: [Resource] = []
) -> [Target] {
  [
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: swift),
    .testTarget(
      name: "\(name)Tests", dependencies: [.target(name: name), "_TestSupport"] + testDependencies,
      resources: testResources, swiftSettings: swift),
  ]
}

let package = Package(
  name: "tsuzuri",
  products: [
    .library(name: "Tsuzuri", targets: ["Tsuzuri"]),
    .library(name: "TsuzuriExchange", targets: ["TsuzuriExchange"]),
    .executable(name: "tsuzuri", targets: ["TsuzuriCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"),
  ],
  targets: [
    // libicu-dev. A target and not a system library: see its header.
    .target(name: "CICU", linkerSettings: [.linkedLibrary("icui18n"), .linkedLibrary("icuuc")]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "COneDNN", providers: [.apt(["libdnnl-dev"])]),
    .target(name: "CKernels"),
    .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
    .target(name: "DiskRecorder", path: "Tests/DiskRecorder"),
    .executableTarget(
      name: "NumericsCheck", dependencies: ["CKernels", "COneDNN", "TsuzuriKernels"], path: "Tests/NumericsCheck",
      swiftSettings: swift),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "TsuzuriArchive", "TsuzuriData", "TsuzuriExchange", "TsuzuriGeneration", "TsuzuriKernels", "TsuzuriModel",
        "TsuzuriModelFolder", "TsuzuriNGram", "TsuzuriText", "TsuzuriTraining",
      ], path: "Tests/FuzzTargets", exclude: ["Seeds"], swiftSettings: swift),
    .executableTarget(
      name: "FuzzRunner", dependencies: ["FuzzTargets"], path: "Tests/FuzzRunner", swiftSettings: swift),
    .testTarget(
      name: "FuzzTargetsTests", dependencies: ["FuzzTargets", "FuzzRunner", "_TestSupport"], swiftSettings: swift),
    .target(name: "_TestSupport", swiftSettings: swift),
    .testTarget(name: "_TestSupportTests", dependencies: ["_TestSupport"], swiftSettings: swift),
  ]
    + library("TsuzuriText", ["CICU", "CZlib", "TsuzuriArchive"])
    + library("TsuzuriData", ["TsuzuriText", "TsuzuriArchive"])
    + library("TsuzuriArchive", [])
    + library("TsuzuriKernels", ["CKernels", "COneDNN"], testDependencies: ["NumericsCheck"])
    + library("TsuzuriModel", ["CKernels", "TsuzuriKernels", "TsuzuriArchive"], testResources: [.copy("Resources")])
    + library(
      "TsuzuriTraining",
      [
        "TsuzuriModel", "TsuzuriKernels", "CKernels", "TsuzuriData", "TsuzuriModelFolder", "TsuzuriArchive",
        "TsuzuriEvaluation",
      ], testDependencies: ["AllocationCounter", "DiskRecorder"], testResources: [.copy("Resources")])
    + library("TsuzuriModelFolder", ["TsuzuriModel", "TsuzuriText", "TsuzuriArchive"])
    + library("TsuzuriEvaluation", ["TsuzuriModel", "TsuzuriText"], testResources: [.copy("Resources")])
    + library(
      "TsuzuriExchange",
      [
        "TsuzuriModel", "TsuzuriModelFolder", "TsuzuriText", "TsuzuriArchive", "TsuzuriKernels",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ], exclude: ["ONNX/onnx.proto"])
    + library("TsuzuriGeneration", ["CKernels", "TsuzuriModel", "TsuzuriKernels", "TsuzuriText", "TsuzuriArchive"])
    + library(
      "TsuzuriNGram",
      [
        "TsuzuriText", "TsuzuriData", "TsuzuriArchive", "TsuzuriModel", "TsuzuriModelFolder", "TsuzuriEvaluation",
        "TsuzuriGeneration",
      ])
    + library("TsuzuriComparison", ["TsuzuriModel", "TsuzuriKernels", "TsuzuriData", "TsuzuriTraining"])
    + library(
      "Tsuzuri",
      [
        "TsuzuriText", "TsuzuriData", "TsuzuriArchive", "TsuzuriModel", "TsuzuriModelFolder", "TsuzuriTraining",
        "TsuzuriEvaluation", "TsuzuriGeneration", "TsuzuriNGram", "TsuzuriKernels",
      ])
    + [
      .executableTarget(
        name: "TsuzuriCommand",
        dependencies: [
          "Tsuzuri", "TsuzuriExchange", "TsuzuriText", "TsuzuriKernels", "TsuzuriArchive", "TsuzuriComparison",
          .product(name: "ArgumentParser", package: "swift-argument-parser"),
          .product(name: "Logging", package: "swift-log"),
        ], resources: [.embedInCode("Presets")], swiftSettings: swift),
      .executableTarget(
        name: "TenLines", dependencies: ["Tsuzuri"], path: "Examples/TenLines", swiftSettings: swift),
      .executableTarget(
        name: "TrainOnFiles", dependencies: ["Tsuzuri"], path: "Examples/TrainOnFiles", swiftSettings: swift),
      .testTarget(
        name: "TsuzuriCommandTests", dependencies: ["TsuzuriCommand", "Tsuzuri", "_TestSupport"],
        resources: [.copy("Resources")], swiftSettings: swift),
    ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11
)
