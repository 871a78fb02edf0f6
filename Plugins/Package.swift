// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// A pusher exports its entry point and nothing else: the version script also binds a static library locally. A symbol that is
/// nowhere is an error here, and not on the machine that loads it.
func pusher(
    _ name: String, dependencies: [Target.Dependency] = [], libraries: [String] = [], exclude: [String] = []
) -> Target {
    .target(
        name: name,
        dependencies: [.product(name: "PusherKit", package: "plugin-sdk")] + dependencies,
        path: name,
        exclude: ["README.md", "conformance.json"] + exclude,
        resources: [.embedInCode("manifest.json")],
        swiftSettings: settings,
        linkerSettings: libraries.map { .linkedLibrary($0) } + [
            .unsafeFlags([
                "-Xlinker", "--version-script=\(Context.packageDirectory)/exports.map", "-Xlinker", "--no-undefined",
                "-Xlinker", "-T", "-Xlinker", "\(Context.packageDirectory)/discard.ld",
            ])
        ])
}

/// The pushers that come with keyturn.
let pushers = [
    pusher("AWSParameterStore"),
    pusher("AWSSecretsManager"),
    pusher("AzureDevOps"),
    pusher("Bitbucket"),
    pusher("Buildkite"),
    pusher("CircleCI"),
    pusher("Exec", dependencies: ["CPrograms"], exclude: ["CPrograms"]),
    pusher("File", dependencies: ["CFiles"], exclude: ["CFiles"]),
    pusher("Forgejo"),
    pusher(
        "GitHubActions", dependencies: ["CCryptoStatic", "CSodiumStatic"],
        libraries: [":libcrypto.a", ":libsodium.a"], exclude: ["CCryptoStatic", "CSodiumStatic"]),
    pusher("GitLabCI"),
    pusher("Jenkins"),
    pusher("Kubernetes"),
    pusher("TerraformCloud"),
    pusher("TravisCI"),
    pusher("VaultKV"),
    pusher(
        "Webhook", dependencies: ["CSodiumMisuse", "CSodiumStatic"], libraries: [":libsodium.a"],
        exclude: ["CSodiumMisuse"]),
]

/// A package apart from keyturn: pushers know the SDK alone, and `make` builds them as Embedded Swift, which only modules of the same
/// kind can import.
let package = Package(
    name: "pushers",
    products: pushers.map { .library(name: $0.name, type: .dynamic, targets: [$0.name]) },
    dependencies: [.package(path: "../plugin-sdk")],
    targets: pushers + [
        .systemLibrary(name: "CFiles", path: "File/CFiles"),
        .systemLibrary(name: "CPrograms", path: "Exec/CPrograms"),
        .target(name: "CSodiumMisuse", path: "Webhook/CSodiumMisuse"),
        .systemLibrary(name: "CSodiumStatic", path: "GitHubActions/CSodiumStatic"),
        .systemLibrary(name: "CCryptoStatic", path: "GitHubActions/CCryptoStatic"),
    ],
    swiftLanguageModes: [.v6]
)
