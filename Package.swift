// swift-tools-version: 6.2
import PackageDescription

/// The C libraries come from Debian; each is wrapped by a module map with inline shims and no logic.
let cLibraries: [Target] = [
    .systemLibrary(name: "CExpat", pkgConfig: "expat"),
    .systemLibrary(name: "CSodium", pkgConfig: "libsodium"),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3"),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CClock"),
    .systemLibrary(name: "CPostgres"),
    .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp"),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto"),
]

/// What talks to people waits for them: small code serves it better than fast code.
let small: [SwiftSetting] = [.unsafeFlags(["-Osize"], .when(configuration: .release))]

/// Who may know whom: a module's dependencies are listed here, and nothing else can be imported.
let modules: [Target] = [
    .target(name: "Rotation"),
    .target(name: "CWiping"),
    .target(name: "Hardening", dependencies: ["CLinux"]),
    .target(name: "Secrets", dependencies: ["CLinux", "CSodium", "Rotation"]),
    .target(name: "Threads", dependencies: ["CLinux"]),
    .target(name: "CCurl"),
    .target(name: "HTTP", dependencies: ["CCurl", "PlainText", "Secrets", "Threads"], swiftSettings: small),
    .target(
        name: "AWS",
        dependencies: [
            "CExpat", "CSodium", "FileTrust", "HTTP", .product(name: "JSON", package: "plugin-sdk"), "PlainText",
            "Programs", "Rotation", "Secrets",
        ], swiftSettings: small),
    .target(name: "StateStore"),
    .target(name: "SQLiteStore", dependencies: ["CSQLite", "StateStore"]),
    .target(
        name: "PostgresStore", dependencies: ["CPostgres", "PlainText", "Secrets", "StateStore", "Threads"],
        swiftSettings: small),
    .target(
        name: "DynamoStore",
        dependencies: ["AWS", "HTTP", .product(name: "JSON", package: "plugin-sdk"), "Rotation", "StateStore"],
        swiftSettings: small),
    .target(name: "Journal", dependencies: ["CSodium", "Rotation", "Secrets", "StateStore"]),
    .target(name: "FileTrust"),
    .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
    .target(name: "JSONSchema", dependencies: ["CRE2", .product(name: "JSON", package: "plugin-sdk")]),
    .target(name: "PlainText"),
    .target(name: "Listening", dependencies: ["CLinux", "PlainText", "Rotation", "Threads"], swiftSettings: small),
    .target(
        name: "Notifications",
        dependencies: [
            "CSodium", "HTTP", .product(name: "JSON", package: "plugin-sdk"), "PlainText", "Programs", "Rotation",
            "Secrets",
        ],
        swiftSettings: small),
    .target(name: "Programs", dependencies: ["CLinux", "PlainText", "Secrets"], swiftSettings: small),
    .target(name: "RunnerProtocol", dependencies: [.product(name: "CKeyturnPusher", package: "plugin-sdk")]),
    .target(name: "CEnclosure"),
    .target(
        name: "Enclosure",
        dependencies: [
            "CEnclosure", "CLinux", "CSeccomp", .product(name: "CKeyturnPusher", package: "plugin-sdk"),
        ]),
    .target(
        name: "PusherHost",
        dependencies: [
            "CLinux", "CSodium", "FileTrust", "HTTP", .product(name: "JSON", package: "plugin-sdk"),
            "JSONSchema", "PlainText", "Programs", "Rotation",
            "RunnerProtocol", "Secrets", "Threads", .product(name: "CKeyturnPusher", package: "plugin-sdk"),
        ], swiftSettings: small),
    .target(
        name: "Configuration",
        dependencies: [
            "CYAML", "FileTrust", .product(name: "JSON", package: "plugin-sdk"), "JSONSchema", "Programs", "Rotation",
            "Secrets",
        ], swiftSettings: small),
    .target(
        name: "Engine",
        dependencies: ["Journal", "Rotation", "Secrets"]),
    .target(
        name: "PusherConformanceRunner",
        dependencies: [
            "CLinux", "Enclosure", "Hardening", .product(name: "PusherConformance", package: "plugin-sdk"),
        ], swiftSettings: small),
    .target(
        name: "Operations",
        dependencies: [
            "AWS", "CClock", "CLinux", "CZlib", "Configuration", "DynamoStore", "Enclosure", "Engine", "FileTrust",
            "HTTP",
            .product(name: "JSON", package: "plugin-sdk"), "JSONSchema", "Journal",
            "Listening", "Notifications", "PlainText", "PostgresStore", "Programs", "PusherHost", "Rotation",
            "SQLiteStore", "Secrets", "StateStore", .product(name: "PusherConformance", package: "plugin-sdk"),
        ], swiftSettings: small),
]

/// A program exports nothing. Swift's static library would have it export all of its own, which also keeps what no one uses.
/// Functions with the same code are kept once: nothing here asks whether two of them have the same address.
let hidden: [LinkerSetting] = [
    .unsafeFlags(["-Xlinker", "--version-script=Sources/exports.map", "-Xlinker", "--icf=all"]),
    .unsafeFlags(
        ["-Xlinker", "--no-eh-frame-hdr", "-Xlinker", "-T", "-Xlinker", "Sources/discard.ld"],
        .when(configuration: .release)),
]

let executables: [Target] = [
    .executableTarget(
        name: "keyturn",
        dependencies: [
            "CWiping", "Hardening", .product(name: "JSON", package: "plugin-sdk"), "Operations",
            "PlainText", "PusherConformanceRunner", "Rotation",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "PusherConformance", package: "plugin-sdk"),
        ], swiftSettings: small, linkerSettings: hidden),
    .executableTarget(
        name: "PusherRunner",
        dependencies: [
            "CLinux", "CWiping", "Enclosure", "Hardening", "RunnerProtocol",
            .product(name: "CKeyturnPusher", package: "plugin-sdk"),
        ], linkerSettings: hidden),
    .executableTarget(
        name: "Sandbox",
        dependencies: [
            "CCrypto", "CSodium", "Hardening", .product(name: "JSON", package: "plugin-sdk"), "Threads",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ], swiftSettings: small, linkerSettings: hidden),
]

/// The pages of the manual, made by `make install` from what `--help` says. Not installed.
let manual: [Target] = [.executableTarget(name: "Manual", path: "Sources/Documentation/Manual")]

/// The simulator: the real decisions in a world of faults. Built and run by `make simulate`, not installed.
let simulator: [Target] = [
    .target(
        name: "DynamoFake",
        dependencies: [
            "AWS", "DynamoStore", "HTTP", .product(name: "JSON", package: "plugin-sdk"), "Rotation", "Secrets",
            "StateStore",
        ],
        path: "Tests/DynamoFake"),
    .executableTarget(
        name: "Simulator",
        dependencies: [
            "DynamoFake", "Engine", "Journal", "PostgresStore", "Rotation", "SQLiteStore", "Secrets", "StateStore",
        ],
        path: "Tests/Simulator", exclude: ["mutants.sh"]),
]

/// Fixed pieces of work, whose instructions are counted: `make counts`. Not installed.
let counts: [Target] = [
    .executableTarget(
        name: "Counts",
        dependencies: [
            "Configuration", "Engine", .product(name: "JSON", package: "plugin-sdk"), "JSONSchema", "Journal",
            "Rotation", "RunnerProtocol", "SQLiteStore",
            "Secrets",
        ], path: "Tests/Benchmark/Counts")
]

let tests: [Target] = [
    .testTarget(name: "RotationTests", dependencies: ["Rotation"]),
    .testTarget(name: "RunnerProtocolTests", dependencies: ["RunnerProtocol"]),
    .testTarget(
        name: "AWSTests",
        dependencies: ["AWS", "HTTP", .product(name: "JSON", package: "plugin-sdk"), "Rotation", "Secrets"]),
    .testTarget(
        name: "PusherHostTests",
        dependencies: [
            "Enclosure", "HTTP", .product(name: "JSON", package: "plugin-sdk"), "PusherHost", "Rotation",
            "RunnerProtocol", "Secrets",
            .product(name: "CKeyturnPusher", package: "plugin-sdk"),
        ]),
    .testTarget(name: "PusherKitTests", dependencies: [.product(name: "PusherKit", package: "plugin-sdk")]),
    .testTarget(name: "JSONTests", dependencies: [.product(name: "JSON", package: "plugin-sdk")]),
    .testTarget(name: "JSONSchemaTests", dependencies: [.product(name: "JSON", package: "plugin-sdk"), "JSONSchema"]),
    .testTarget(name: "HTTPTests", dependencies: ["HTTP", "Secrets"]),
    .testTarget(name: "PlainTextTests", dependencies: ["PlainText"]),
    .testTarget(name: "ProgramsTests", dependencies: ["Programs", "Secrets"]),
    .testTarget(name: "ListeningTests", dependencies: ["Listening", "Rotation"]),
    .testTarget(
        name: "NotificationsTests",
        dependencies: [
            .product(name: "JSON", package: "plugin-sdk"), "Notifications", "Programs", "Rotation", "Secrets",
        ]),
    .testTarget(
        name: "PusherConformanceTests", dependencies: [.product(name: "PusherConformance", package: "plugin-sdk")]),
    .testTarget(name: "SecretsTests", dependencies: ["Rotation", "Secrets"]),
    .testTarget(
        name: "ConfigurationTests",
        dependencies: [
            "Configuration", .product(name: "JSON", package: "plugin-sdk"), "JSONSchema", "Rotation", "Secrets",
        ]),
    .testTarget(
        name: "JournalTests",
        dependencies: ["CSQLite", "Journal", "Rotation", "SQLiteStore", "Secrets", "StateStore"]),
    .testTarget(name: "EnclosureTests", dependencies: ["CEnclosure", "Enclosure"]),
    .testTarget(
        name: "PusherRunnerTests",
        dependencies: ["PusherRunner", "RunnerProtocol", .product(name: "CKeyturnPusher", package: "plugin-sdk")]),
    .testTarget(
        name: "StoreTests",
        dependencies: [
            "AWS", "CSQLite", "DynamoFake", "DynamoStore", "HTTP", .product(name: "JSON", package: "plugin-sdk"),
            "Journal", "PostgresStore", "Rotation", "SQLiteStore", "Secrets", "StateStore",
        ]),
    .testTarget(
        name: "EngineTests",
        dependencies: ["Engine", "Journal", "Rotation", "SQLiteStore", "Secrets"]),
    .testTarget(
        name: "OperationsTests",
        dependencies: [
            "AWS", "Configuration", "Engine", .product(name: "JSON", package: "plugin-sdk"), "JSONSchema", "Journal",
            "Operations", "PusherHost", "Rotation", "SQLiteStore",
            "Secrets", "StateStore",
        ]),
    .testTarget(
        name: "PluginTests",
        dependencies: [
            "CCrypto", "CSodium", .product(name: "JSON", package: "plugin-sdk"), "JSONSchema",
            .product(name: "CKeyturnPusher", package: "plugin-sdk"),
            .product(name: "Yams", package: "Yams"),
        ]),
]

/// Fuzzers of what reads bytes from outside: `make fuzz`. Only there where libFuzzer is linked, and what they test is open to tests.
let fuzzers: [Target] =
    Context.environment["KEYTURN_FUZZ"] == nil
    ? []
    : [
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "AWS", "Configuration", "HTTP", .product(name: "JSON", package: "plugin-sdk"), "JSONSchema",
                "Journal", "Listening", "Operations", "PlainText", "PusherHost", "Rotation", "RunnerProtocol",
                "Secrets",
            ],
            path: "Tests/Fuzz", exclude: ["fuzz.sh"],
            // libFuzzer has the main function.
            swiftSettings: [.unsafeFlags(["-parse-as-library"])])
    ]

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "keyturn",
    products: [
        .executable(name: "keyturn", targets: ["keyturn"]),
        .executable(name: "keyturn-runner", targets: ["PusherRunner"]),
        .executable(name: "keyturn-sandbox", targets: ["Sandbox"]),
        .executable(name: "keyturn-manual", targets: ["Manual"]),
        .executable(name: "keyturn-simulate", targets: ["Simulator"]),
        .executable(name: "keyturn-counts", targets: ["Counts"]),
    ],
    dependencies: [
        .package(path: "plugin-sdk"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: cLibraries + modules + executables + manual + simulator + counts + fuzzers + tests,
    swiftLanguageModes: [.v6]
)

for target in package.targets
where target.type != .system && !["CCurl", "CEnclosure", "CRE2", "CWiping"].contains(target.name) {
    target.swiftSettings = settings + (target.swiftSettings ?? [])
}
