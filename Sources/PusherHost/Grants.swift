internal import JSON

/// What a manifest asks for, and what an operator's lock file grants: the same words on both sides.
public struct Grants: Hashable, Sendable {
    /// Hosts for `kt.http/1`: exact, or `*.example.com`.
    public var hosts: [String] = []
    /// Operations for `kt.aws/1`: `ssm:PutParameter`.
    public var aws: [String] = []
    /// Files and directories that the pusher's process may read.
    public var readable: [String] = []
    /// Files and directories that it may write, and read.
    public var writable: [String] = []
    /// Sockets of its own.
    public var network = false
    /// Starting programs, which are not sandboxed.
    public var programs = false

    /// No grants.
    public init() {}

    /// Reads the members `hosts`, `aws`, `files`, `network` and `programs`, which have the form of ``schema``.
    init(_ json: JSONValue) {
        hosts = json["hosts"]?.strings ?? []
        aws = json["aws"]?.strings ?? []
        readable = json["files"]?["read"]?.strings ?? []
        writable = json["files"]?["write"]?.strings ?? []
        network = json["network"]?.bool ?? false
        programs = json["programs"]?.bool ?? false
    }

    /// The form of the members, in manifests and in lock files.
    static let schema: [String: JSONValue] = {
        let path: JSONValue = .object(["type": .string("string"), "pattern": .string(#"^/[^\x00]*$"#)])
        let paths: JSONValue = .object(["type": .string("array"), "items": path])
        let host: JSONValue = .object([
            "type": .string("string"),
            "pattern": .string(#"^(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$|^\[[0-9A-Fa-f:.]+\]$"#),
        ])
        return [
            "hosts": .object(["type": .string("array"), "items": host]),
            "aws": .object([
                "type": .string("array"),
                "items": .object(["type": .string("string"), "pattern": .string(AWSOperation.pattern)]),
            ]),
            "files": .object([
                "type": .string("object"), "additionalProperties": .bool(false),
                "properties": .object(["read": paths, "write": paths]),
            ]),
            "network": .object(["type": .string("boolean")]),
            "programs": .object(["type": .string("boolean")]),
        ]
    }()

    var json: JSONValue {
        var members: [String: JSONValue] = ["hosts": .array(hosts.map(JSONValue.string))]
        if !aws.isEmpty { members["aws"] = .array(aws.map(JSONValue.string)) }
        var files: [String: JSONValue] = [:]
        if !readable.isEmpty { files["read"] = .array(readable.map(JSONValue.string)) }
        if !writable.isEmpty { files["write"] = .array(writable.map(JSONValue.string)) }
        if !files.isEmpty { members["files"] = .object(files) }
        if network { members["network"] = .bool(true) }
        if programs { members["programs"] = .bool(true) }
        return .object(members)
    }

    /// The grants one by one, in words for people.
    public var words: [String] {
        hosts.map { "HTTP to \($0)" } + aws.map { "AWS: \($0)" } + readable.map { "reading \($0)" }
            + writable.map { "writing \($0)" }
            + (network ? ["sockets of its own, to anywhere"] : [])
            + (programs ? ["starting programs, which are not sandboxed"] : [])
    }

    /// The kinds of these grants, as `keyturn plugin pin --grant` takes them.
    public var kinds: [String] {
        [
            ("files", !readable.isEmpty || !writable.isEmpty), ("network", network), ("programs", programs),
            ("hosts", !hosts.isEmpty), ("aws", !aws.isEmpty),
        ].compactMap { $0.1 ? $0.0 : nil }
    }

    /// Whether every file of the machine is among them, of which only parts are granted.
    public var haveEveryFile: Bool { (readable + writable).contains("/") }

    /// Whether there are none.
    public var isEmpty: Bool { self == Grants() }

    /// What is here or there.
    public func joined(with other: Grants) -> Grants {
        func joined(_ one: [String], _ other: [String]) -> [String] { one + other.filter { !one.contains($0) } }
        var all = Grants()
        all.hosts = joined(hosts, other.hosts)
        all.aws = joined(aws, other.aws)
        all.readable = joined(readable, other.readable)
        all.writable = joined(writable, other.writable)
        all.network = network || other.network
        all.programs = programs || other.programs
        return all
    }

    /// What is here and not there.
    public func subtracting(_ other: Grants) -> Grants {
        var rest = Grants()
        rest.hosts = hosts.filter { !other.hosts.contains($0) }
        rest.aws = aws.filter { !other.aws.contains($0) }
        rest.readable = readable.filter { !other.readable.contains($0) }
        rest.writable = writable.filter { !other.writable.contains($0) }
        rest.network = network && !other.network
        rest.programs = programs && !other.programs
        return rest
    }

    /// Those of these grants that are asked for, or are a part of something that is: a host of `*.example.com`, a file of a
    /// directory.
    public func covered(by asks: Grants) -> Grants {
        func isAsked(_ host: String) -> Bool {
            asks.hosts.contains { $0 == host || $0.hasPrefix("*.") && host.hasSuffix($0.dropFirst()) }
        }
        func isAsked(_ path: String, _ paths: [String]) -> Bool {
            paths.contains { $0 == path || path.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/") }
        }
        var covered = Grants()
        covered.hosts = hosts.filter(isAsked)
        covered.aws = aws.filter(asks.aws.contains)
        covered.readable = readable.filter { isAsked($0, asks.readable + asks.writable) }
        covered.writable = writable.filter { isAsked($0, asks.writable) }
        covered.network = network && asks.network
        covered.programs = programs && asks.programs
        return covered
    }
}
