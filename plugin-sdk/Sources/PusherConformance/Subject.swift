internal import CKeyturnPusher
internal import FoundationEssentials
internal import JSON

/// The pusher under test, as its files tell it.
public struct Subject: Sendable {
    let library: String
    let manifestText: [UInt8]
    let manifest: JSONValue
    let fixture: Result<Fixture, FixtureError>?
    let configuration: JSONValue?
    let targets: [JSONValue]
    /// What `find` is asked to look through.
    let scopes: [String]
    /// Of the checks that make up their cases.
    let seed: UInt64
    let iteration: Int

    private static let sizeLimit = 4 << 20

    /// Reads manifest.json and, where it is there, conformance.json beside the library.
    ///
    /// - Parameters:
    ///   - library: the path of pusher.so.
    ///   - seed: of the made-up cases.
    ///   - iteration: which of them.
    ///   - scratch: a directory of the test, which `$TMPDIR` stands for in conformance.json.
    /// - Throws: `SubjectError` where there is no manifest.
    public init(
        library: String, seed: UInt64 = 1, iteration: Int = 0, scratch: String = "/tmp"
    ) throws(SubjectError) {
        let (text, manifest) = try Self.readManifest(of: library)
        self.library = library.hasPrefix("/") || library.hasPrefix("./") ? library : "./\(library)"
        self.manifest = manifest
        self.seed = seed
        self.iteration = iteration
        manifestText = text
        if let bytes = Self.read("conformance.json", of: library) {
            fixture = Result { () throws(FixtureError) in try Fixture(bytes, scratch: scratch) }
        } else {
            fixture = nil
        }
        if case .success(let fixture) = fixture {
            configuration = fixture.configuration
            scopes = fixture.scopes
            targets = fixture.targets.map(Self.named)
        } else {
            configuration = Self.sampleConfiguration(manifest)
            scopes = []
            targets = (Sample.object(manifest["target"] ?? .object([:])) ?? nil).map { [Self.named($0)] } ?? []
        }
    }

    /// Where its files are.
    public var directory: String { Self.directory(of: library) }

    /// What the manifest asks for besides hosts.
    public var asks: Asks { Asks(manifest) }

    /// What the manifest next to a library asks for besides hosts. Only that is read: patterns of its schemas, which can take
    /// for ever, are not tried.
    ///
    /// - Parameter library: the path of pusher.so.
    /// - Throws: `SubjectError` where there is no manifest.
    public static func asks(library: String) throws(SubjectError) -> Asks { Asks(try readManifest(of: library).json) }

    private static func directory(of library: String) -> String {
        library.lastIndex(of: "/").map { String(library[..<$0]) } ?? "."
    }

    private static func read(_ name: String, of library: String) -> [UInt8]? {
        guard let data = try? Data(contentsOf: URL(filePath: "\(directory(of: library))/\(name)")),
            data.count <= sizeLimit
        else { return nil }
        return Array(data)
    }

    private static func readManifest(of library: String) throws(SubjectError) -> (text: [UInt8], json: JSONValue) {
        let path = "\(directory(of: library))/manifest.json"
        guard let text = read("manifest.json", of: library) else {
            throw SubjectError("\(path) is missing or cannot be read: it must be in the directory of the library")
        }
        // The parser here does not say where a mistake is.
        guard let manifest = JSONValue(parsing: text) else {
            throw SubjectError("\(path) is not JSON: `python3 -m json.tool \(path)` shows the line and the column")
        }
        guard manifest.object != nil else { throw SubjectError("\(path) is not a JSON object") }
        return (text, manifest)
    }

    /// The language's runtime that it declares; nil: none, or one that is not known.
    var runtime: LanguageRuntime? { manifest["runtime"]?.string.flatMap(LanguageRuntime.init) }

    var rules: [Rule]? { if case .success(let fixture) = fixture { fixture.rules } else { nil } }

    /// Operations of AWS that its manifest lists.
    var operations: [String] { manifest["aws"]?.strings ?? [] }

    /// Whether it has a service to ask through `kt.http/1` or `kt.aws/1`. What it does without one, the scripted host cannot see.
    var asksServices: Bool {
        !operations.isEmpty || !(manifest["hosts"]?.strings ?? []).isEmpty
            || manifest["configuration"]?["properties"]?["endpoint"] != nil
    }

    /// Hosts that the configuration grants beside those of the manifest.
    var hosts: [String] {
        let endpoint = configuration?["endpoint"]?.string.map { url in
            url.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first.map {
                $0.prefix { $0 != ":" }.lowercased()
            } ?? ""
        }
        return (manifest["hosts"]?.strings ?? []) + (endpoint.map { [$0] } ?? [])
    }

    /// The secret fields of the configuration, with their values.
    var secrets: [(name: String, value: String)] {
        (manifest["secrets"]?.strings ?? []).compactMap { name in
            configuration?[name]?.string.map { ("the configuration's \(name)", $0) }
        }
    }

    /// The names of the two variables are always there.
    static func named(_ target: JSONValue) -> JSONValue {
        JSONValue.object([
            "access-key-id": .string("AWS_ACCESS_KEY_ID"), "secret-access-key": .string("AWS_SECRET_ACCESS_KEY"),
        ]).setting(target.object ?? [:])
    }

    private static func sampleConfiguration(_ manifest: JSONValue) -> JSONValue? {
        guard let sample = Sample.object(manifest["configuration"] ?? .object([:])) else { return nil }
        var secrets: [String: JSONValue] = [:]
        for name in manifest["secrets"]?.strings ?? [] where sample[name]?.string != nil {
            let value = JSONValue.string("c0nf0rmance-t0ken-\(name)")
            let fits =
                manifest["configuration"]?["properties"]?[name]?["pattern"]?.string
                .flatMap { try? Regex($0) }.map { (try? $0.firstMatch(in: value.string ?? "")) != nil } ?? true
            if fits { secrets[name] = value }
        }
        return sample.setting(secrets)
    }
}

/// Why nothing can be checked.
public struct SubjectError: Error, CustomStringConvertible {
    /// One sentence for people.
    public var description: String

    /// Nothing can be checked, for that reason.
    public init(_ description: String) { self.description = description }
}
