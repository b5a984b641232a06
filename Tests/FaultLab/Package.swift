// swift-tools-version: 6.2
import PackageDescription

let rules: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

/// The property that nothing is lost, tried at length: `FaultLab` in one process with virtual time, `FaultProxy` over
/// real sockets.
let package = Package(
  name: "FaultLab",
  dependencies: [
    .package(name: "Halley", path: "../.."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
  ],
  targets: [
    .executableTarget(
      name: "FaultLab",
      dependencies: [
        .product(name: "HalleyTesting", package: "Halley"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: rules)
  ]
)
