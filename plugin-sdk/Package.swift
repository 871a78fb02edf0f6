// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "plugin-sdk",
    products: [
        .library(name: "PusherKit", targets: ["PusherKit"]),
        .library(name: "CKeyturnPusher", targets: ["CKeyturnPusher"]),
    ],
    targets: [
        // The ABI header as a C module: `include/` holds nothing but it and its module map.
        .systemLibrary(name: "CKeyturnPusher", path: "include"),
        .target(
            name: "PusherKit", dependencies: ["CKeyturnPusher"],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .treatAllWarnings(as: .error),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
