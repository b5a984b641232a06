// swift-tools-version: 6.2
import PackageDescription

let rules: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "HalleyBenchmarks",
  products: [
    .executable(name: "load-server", targets: ["LoadSites"]),
    .library(name: "ValgrindShim", type: .dynamic, targets: ["ValgrindShim"]),
  ],
  dependencies: [
    .package(name: "Halley", path: "../.."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
  ],
  targets: [
    .target(name: "CLinux"),
    .target(name: "ValgrindShim"),
    .executableTarget(name: "loadgen", dependencies: ["CLinux", arguments], swiftSettings: rules),
    .executableTarget(name: "bench", dependencies: ["CLinux", arguments], swiftSettings: rules),
    .executableTarget(name: "floor-peer", linkerSettings: [.linkedLibrary("event")]),
    .executableTarget(name: "evhttp-peer", linkerSettings: [.linkedLibrary("event")]),
    .executableTarget(
      name: "LoadSites", dependencies: ["CLinux", .product(name: "Halley", package: "Halley")], path: "Sites",
      swiftSettings: rules, plugins: [.plugin(name: "SiteCatalog", package: "Halley")]),
  ]
)
