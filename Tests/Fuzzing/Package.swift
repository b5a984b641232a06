// swift-tools-version: 6.2
import PackageDescription

/// One libFuzzer target per parser; `run.sh` builds and runs them. libFuzzer brings its own `main`, hence
/// `-parse-as-library`.
let rules: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .unsafeFlags(["-parse-as-library"]),
]

func fuzzer(_ name: String) -> Target {
  .executableTarget(
    name: name, dependencies: [.product(name: "HalleyProtocols", package: "Halley")], swiftSettings: rules)
}

let package = Package(
  name: "Fuzzing",
  dependencies: [.package(name: "Halley", path: "../..")],
  targets: [
    fuzzer("FuzzCursor"), fuzzer("FuzzEventStream"), fuzzer("FuzzFrames"), fuzzer("FuzzHandshake"), fuzzer("FuzzHead"),
    fuzzer("FuzzJSON"), fuzzer("FuzzScripts"), fuzzer("FuzzTarget"),
  ]
)
