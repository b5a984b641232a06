// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every Swift target; `safe` adds strict memory safety where no pointers belong.
let rules: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]
let safe = rules + [.strictMemorySafety()]

let package = Package(
  name: "Halley",
  products: [
    .executable(name: "halley", targets: ["HalleySites"]),
    .library(name: "Halley", targets: ["Halley"]),
    .library(name: "HalleyTesting", targets: ["HalleyTesting"]),
    .library(name: "HalleyProtocols", targets: ["HalleyProtocols"]),
    .plugin(name: "SiteCatalog", targets: ["SiteCatalog"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["CommandLineArguments"]),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .systemLibrary(name: "CLibevent", pkgConfig: "libevent", providers: [.apt(["libevent-dev"])]),
    .target(
      name: "CHalleyShims", dependencies: ["CLibevent"],
      linkerSettings: [.linkedLibrary("event"), .linkedLibrary("crypto"), .linkedLibrary("z")]),
    .target(name: "HalleyProtocols", swiftSettings: safe),
    .target(name: "HalleyEventLoop", dependencies: ["CLibevent", "CHalleyShims"], swiftSettings: rules),
    .target(name: "HalleyChannels", dependencies: ["HalleyProtocols"], swiftSettings: safe),
    .target(
      name: "HalleyServer",
      dependencies: [
        "CHalleyShims", "HalleyProtocols", "HalleyEventLoop", "HalleyChannels",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
      ],
      exclude: ["Client/Script", "Client/Console"], swiftSettings: safe, plugins: ["ClientScript"]),
    .target(
      name: "Halley",
      dependencies: [
        "HalleyProtocols", "HalleyEventLoop", "HalleyChannels", "HalleyServer",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "Yams", package: "Yams"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: safe),
    .target(name: "HalleyTesting", dependencies: ["HalleyProtocols", "HalleyChannels"], swiftSettings: rules),

    .executableTarget(name: "ClientScriptTool", path: "Plugins/ClientScriptTool", swiftSettings: safe),
    .plugin(name: "ClientScript", capability: .buildTool(), dependencies: ["ClientScriptTool"]),
    .executableTarget(name: "SiteCatalogTool", path: "Plugins/SiteCatalogTool", swiftSettings: safe),
    .plugin(name: "SiteCatalog", capability: .buildTool(), dependencies: ["SiteCatalogTool"]),
    .executableTarget(
      name: "HalleySites", dependencies: ["Halley"], path: "Sites", exclude: ["Public", "halley.yaml"],
      swiftSettings: safe, plugins: ["SiteCatalog"]),

    .testTarget(
      name: "HalleyProtocolsTests", dependencies: ["HalleyProtocols", "HalleyTesting"], swiftSettings: rules),
    .testTarget(
      name: "HalleyEventLoopTests", dependencies: ["HalleyEventLoop", "HalleyTesting"], swiftSettings: rules),
    .testTarget(
      name: "HalleyChannelsTests", dependencies: ["HalleyChannels", "HalleyTesting"], swiftSettings: rules),
    .testTarget(
      name: "HalleyServerTests",
      dependencies: ["CHalleyShims", "HalleyProtocols", "HalleyEventLoop", "HalleyServer", "HalleyTesting"],
      swiftSettings: rules),
    .testTarget(
      name: "HalleyTests",
      dependencies: [
        "Halley", "HalleyChannels", "HalleyServer", "HalleyTesting", "ClientScriptTool", "SiteCatalogTool",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: rules),
  ]
)
