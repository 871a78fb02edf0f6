// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "vault-kv",
    products: [.library(name: "VaultKV", type: .dynamic, targets: ["VaultKV"])],
    dependencies: [.package(path: "../..")],
    targets: [
        .target(
            name: "VaultKV",
            dependencies: [.product(name: "PusherKit", package: "plugin-sdk")],
            resources: [.embedInCode("manifest.json")],
            // Swift has no stable ABI on Linux: the library carries its own runtime, and shows none of it.
            linkerSettings: [.unsafeFlags(["-Xlinker", "--version-script=exports.map"])])
    ],
    swiftLanguageModes: [.v6]
)
