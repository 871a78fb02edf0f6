// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "plugin-sdk",
    products: [
        .library(name: "PusherKit", targets: ["PusherKit"]),
        .library(name: "PusherConformance", targets: ["PusherConformance"]),
        .library(name: "JSON", targets: ["JSON"]),
        .library(name: "CKeyturnPusher", targets: ["CKeyturnPusher"]),
    ],
    targets: [
        // The ABI header as a C module: `include/` holds nothing but it and its module map.
        .systemLibrary(name: "CKeyturnPusher", path: "include"),
        // libjansson-dev of Debian and Ubuntu. Linked by its archive: a pusher carries its own.
        .target(name: "CJansson", linkerSettings: [.linkedLibrary(":libjansson.a"), .linkedLibrary("m")]),
        .systemLibrary(name: "CPusherKit"),
        // Without Foundation, so that it builds as Embedded Swift too.
        .target(
            name: "PusherKit", dependencies: ["CJansson", "CKeyturnPusher", "CPusherKit"], swiftSettings: settings),
        .target(name: "JSON", swiftSettings: settings),
        // It runs once a check: small code serves it better than fast code.
        .target(
            name: "PusherConformance", dependencies: ["CKeyturnPusher", "JSON"],
            swiftSettings: settings + [.unsafeFlags(["-Osize"], .when(configuration: .release))]),
    ],
    swiftLanguageModes: [.v6]
)
