internal import JSON

/// What a manifest alone must keep to. `keyturn plugin test` makes it a failure, and `keyturn plugin pin` a refusal, in the same
/// words.
public enum ManifestRules {
    static let known: Set = [
        "id", "version", "summary", "abi", "hosts", "threads", "secrets", "place", "exclusive", "can", "configuration",
        "target", "title", "example", "shapes", "files", "network", "programs", "pace", "runtime", "homepage",
        "license", "description", "scope", "owners", "aws", "resources",
    ]

    /// What is wrong with a manifest, a sentence each; empty: nothing. Patterns are left out: keyturn compiles them itself.
    ///
    /// - Parameter text: the JSON text of manifest.json.
    public static func faults(in text: [UInt8]) -> [String] {
        guard let manifest = JSONValue(parsing: text), manifest.object != nil else {
            return ["it is not a JSON object"]
        }
        let found =
            faults(of: manifest)
            + ["configuration", "target", "scope"].flatMap { name in
                manifest[name].map { SchemaLint.faults($0, name, withPatterns: false).faults } ?? []
            }
        return found.isEmpty ? exampleFaults(of: manifest) : found
    }

    /// What is wrong with the fields, but for the schemas of themselves.
    static func faults(of manifest: JSONValue) -> [String] {
        (manifest.object ?? [:]).keys.sorted().filter { !known.contains($0) }
            .map { Spelling.unknown($0, among: known) } + lists(manifest) + hosts(manifest) + names(manifest)
            + shapes(manifest) + owners(manifest) + words(manifest) + operations(manifest) + resources(manifest)
    }

    /// A first entry of `keyturn.yaml` must be one that keyturn would take.
    static func exampleFaults(of manifest: JSONValue) -> [String] {
        guard let example = manifest["example"] else { return [] }
        guard example["name"]?.string != nil, let configuration = example["configuration"]?.object,
            let target = example["target"]?.object
        else { return ["`example` must have `name`, and the objects `configuration` and `target`"] }
        let places = manifest["place"]?.strings ?? []
        let missing = places.contains { target[$0] != nil } ? [] : ["`example.target` has no field of `place`"]
        let secrets = Set(manifest["secrets"]?.strings ?? [])
        let plain = configuration.keys.sorted().filter {
            secrets.contains($0) && configuration[$0]?["env"]?.string == nil
        }
        .map { "`example.configuration.\($0)` is a secret: { \"env\": NAME }" }
        return missing + plain + faults(of: configuration, secrets, manifest["configuration"], "configuration")
            + faults(of: target, [], manifest["target"], "target")
    }

    private static func faults(
        of fields: [String: JSONValue], _ secrets: Set<String>, _ schema: JSONValue?, _ name: String
    ) -> [String] {
        guard let schema else { return [] }
        let values = fields.map { ($0.key, secrets.contains($0.key) ? .string("token") : $0.value) }
        return SchemaFit.faults(of: Dictionary(values) { first, _ in first }, schema).map { "`example.\(name)`: \($0)" }
    }

    private static func lists(_ manifest: JSONValue) -> [String] {
        ["hosts", "aws", "secrets", "place", "exclusive", "can"]
            .filter { manifest[$0] != nil && manifest[$0]?.strings == nil }
            .map { "`\($0)` must be a list of strings" }
    }

    private static func hosts(_ manifest: JSONValue) -> [String] {
        (manifest["hosts"]?.strings ?? []).filter { $0.isEmpty || $0.contains { "/:@ ".contains($0) } }
            .map { "`hosts` has \(quoted($0)): only the name, such as ci.example.com or *.example.com" }
    }

    private static func operations(_ manifest: JSONValue) -> [String] {
        (manifest["aws"]?.strings ?? []).filter { !AWSNames.isOperation($0) }
            .map {
                "`aws` has \(quoted($0)): a service that keyturn signs for (\(AWSNames.services.joined(separator: ", "))) and an operation, such as ssm:PutParameter"
            }
    }

    /// What `keyturn policy --pusher` makes ARNs of.
    private static func resources(_ manifest: JSONValue) -> [String] {
        guard let resources = manifest["resources"] else { return [] }
        let operations = manifest["aws"]?.strings ?? []
        return (resources.object ?? [:]).sorted { $0.key < $1.key }.flatMap { operation, value -> [String] in
            guard operations.contains(operation) else {
                return ["`resources` names \(quoted(operation)), which `aws` does not"]
            }
            let isForFind = value["for"]?.string == "find"
            guard let text = value["resource"]?.string ?? (isForFind ? "" : nil) else {
                return [
                    "`resources` must be an object of objects with `resource`, the end of an ARN, or with `for`: \"find\""
                ]
            }
            if isForFind, manifest["scope"] == nil {
                return ["`resources` has \(operation) for find, and the manifest has no `scope`"]
            }
            let fields = text.split(separator: "{", omittingEmptySubsequences: false).dropFirst().map {
                String($0.prefix { $0 != "}" })
            }
            return (fields + [value["unless"]?.string].compactMap { $0 })
                .filter { manifest["target"]?["properties"]?[$0] == nil }
                .map { "`resources` names `\($0)` for \(operation), which is not a field of `target`" }
        }
    }

    /// Names of fields that the schemas must have.
    private static func names(_ manifest: JSONValue) -> [String] {
        [("secrets", "configuration"), ("place", "target"), ("exclusive", "target")].flatMap { list, schema in
            guard let properties = manifest[schema]?["properties"]?.object else { return [String]() }
            return (manifest[list]?.strings ?? []).filter { properties[$0] == nil }
                .map { "`\(list)` names `\($0)`, which is not a field of `\(schema)`" }
        }
    }

    private static func shapes(_ manifest: JSONValue) -> [String] {
        (manifest["shapes"]?.object ?? [:]).sorted { $0.key < $1.key }.flatMap { shape, fields in
            guard let names = fields.strings, !names.isEmpty else {
                return ["`shapes` must be an object whose values are lists of target fields"]
            }
            return names.filter { manifest["target"]?["properties"]?[$0] == nil }
                .map { "`shapes` names `\($0)` for \(shape), which is not a field of `target`" }
        }
    }

    /// Target fields from whose values the scopes follow that keyturn looks through unasked.
    private static func owners(_ manifest: JSONValue) -> [String] {
        guard let owners = manifest["owners"] else { return [] }
        guard manifest["scope"] != nil else { return ["`owners` is of no use without `scope`"] }
        return (owners.object ?? ["owners": .null]).sorted { $0.key < $1.key }.compactMap { field, count in
            if count.integer.map({ (1...20).contains($0) }) != true {
                return "`owners` must be an object: a target field, and how many parts of its path are a scope"
            }
            return manifest["target"]?["properties"]?[field] == nil
                ? "`owners` names `\(field)`, which is not a field of `target`" : nil
        }
    }

    private static func words(_ manifest: JSONValue) -> [String] {
        var found: [String] = []
        if let threads = manifest["threads"], !["many", "one"].contains(threads.string) {
            found.append("`threads` is \(threads.text); it must be \"many\" or \"one\"")
        }
        if let runtime = manifest["runtime"], runtime.string.flatMap(LanguageRuntime.init) == nil {
            let known = LanguageRuntime.allCases.map(\.rawValue).joined(separator: ", ")
            found.append("`runtime` is \(runtime.text); leave it out, or declare one of: \(known)")
        }
        return found
    }
}
