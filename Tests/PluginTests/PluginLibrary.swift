import CKeyturnPusher
import Glibc
import JSON

/// A built plugin, loaded as the runner loads it. Libraries are never unloaded.
struct PluginLibrary {
    let name: String
    let entry: kt_pusher_entry_v1_function

    static var travis: PluginLibrary { get throws { try loadedTravis.get() } }
    static var gitlab: PluginLibrary { get throws { try loadedGitLab.get() } }
    static var github: PluginLibrary { get throws { try loadedGitHub.get() } }
    static var circleci: PluginLibrary { get throws { try loadedCircleCI.get() } }
    static var bitbucket: PluginLibrary { get throws { try loadedBitbucket.get() } }
    static var buildkite: PluginLibrary { get throws { try loadedBuildkite.get() } }
    static var parameterStore: PluginLibrary { get throws { try loadedParameterStore.get() } }
    static var secretsManager: PluginLibrary { get throws { try loadedSecretsManager.get() } }
    static var terraform: PluginLibrary { get throws { try loadedTerraform.get() } }
    static var azure: PluginLibrary { get throws { try loadedAzure.get() } }
    static var forgejo: PluginLibrary { get throws { try loadedForgejo.get() } }
    static var jenkins: PluginLibrary { get throws { try loadedJenkins.get() } }
    static var file: PluginLibrary { get throws { try loadedFile.get() } }
    static var kubernetes: PluginLibrary { get throws { try loadedKubernetes.get() } }
    static var vault: PluginLibrary { get throws { try loadedVaultKV.get() } }
    static var webhook: PluginLibrary { get throws { try loadedWebhook.get() } }
    static var exec: PluginLibrary { get throws { try loadedExec.get() } }

    private static let loadedTravis = load("TravisCI")
    private static let loadedGitLab = load("GitLabCI")
    private static let loadedGitHub = load("GitHubActions")
    private static let loadedCircleCI = load("CircleCI")
    private static let loadedBitbucket = load("Bitbucket")
    private static let loadedBuildkite = load("Buildkite")
    private static let loadedFile = load("File")
    private static let loadedKubernetes = load("Kubernetes")
    private static let loadedVaultKV = load("VaultKV")
    private static let loadedWebhook = load("Webhook")
    private static let loadedExec = load("Exec")
    private static let loadedParameterStore = load("AWSParameterStore")
    private static let loadedSecretsManager = load("AWSSecretsManager")
    private static let loadedTerraform = load("TerraformCloud")
    private static let loadedAzure = load("AzureDevOps")
    private static let loadedForgejo = load("Forgejo")
    private static let loadedJenkins = load("Jenkins")

    /// A configuration that it opens with.
    var configuration: String {
        let more = [
            "Forgejo": #","endpoint":"https://forgejo.example""#,
            "Jenkins": #","user":"keyturn","endpoint":"https://jenkins.example""#,
        ]
        return #"{"token":"\#(HostSession.token)"\#(more[name] ?? "")}"#
    }

    /// The text of the manifest in the source tree.
    var manifestFile: String {
        get throws { try contents(of: "\(directoryOfSources)/manifest.json") }
    }

    /// Where the plugin's sources are.
    var directoryOfSources: String {
        String(#filePath[..<(#filePath.lastIndex(of: "/") ?? #filePath.endIndex)]) + "/../../Plugins/\(name)"
    }

    /// The base URL that a configuration leads to, by its own field or the manifest's default, with what stands before the
    /// paths of the vendor's description.
    func endpoint(in configuration: String) -> String {
        let given = (try? JSONValue(parsing: configuration))?["endpoint"]?.string
        let manifest = try? JSONValue(parsing: manifestFile)
        let standard = manifest?["configuration"]?["properties"]?["endpoint"]?["default"]?.string
        var endpoint = given ?? standard ?? ""
        while endpoint.hasSuffix("/") { endpoint.removeLast() }
        return endpoint + (["AzureDevOps": "/acme", "Forgejo": "/api/v1"][name] ?? "")
    }

    private static func load(_ name: String) -> Result<PluginLibrary, Unusable> {
        let path = "\(directory)/lib\(name).so"
        guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL), let symbol = dlsym(library, KT_ENTRY_SYMBOL_V1) else {
            let reason = dlerror().map { String(cString: $0) } ?? "no entry"
            return .failure(Unusable(path: path, reason: "\(reason); run `make pushers`, or set KEYTURN_PUSHERS"))
        }
        let entry = unsafeBitCast(symbol, to: kt_pusher_entry_v1_function.self)
        return .success(PluginLibrary(name: name, entry: entry))
    }

    /// Where the built libraries are: `KEYTURN_PUSHERS`, else where `make pushers` puts them.
    private static let directory: String = {
        if let named = getenv("KEYTURN_PUSHERS") { return String(cString: named) }
        return String(#filePath[..<(#filePath.lastIndex(of: "/") ?? #filePath.endIndex)])
            + "/../../.build-pushers/release"
    }()
}

/// A file that a test needs and cannot use.
struct Unusable: Error {
    let path: String
    let reason: String
}

func contents(of path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw Unusable(path: path, reason: "cannot be read") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(byte)) }
    return String(decoding: bytes, as: UTF8.self)
}
