/// The reference of `keyturn.yaml`, made from its JSON Schema.
struct Reference {
    /// A field.
    struct Entry {
        var name: String
        /// `duration`, `text`, `true or false` …
        var form: String
        var isRequired = false
        var standard: String?
        var text: String
        var children: [Entry] = []
    }

    /// Fields that belong together.
    struct Section {
        var title: String
        var text: String
        var entries: [Entry]
    }

    private let schema: SchemaNode

    init(_ schema: SchemaNode) { self.schema = schema }

    /// Fields in the order in which people meet them; others follow by name.
    private static let order = [
        "version", "state", "state-password", "seal-key", "aws", "ca-file", "plugins", "pushers", "defaults", "users",
        "include",
        "discover", "self-rotation", "users-at-once", "listen", "listen-anywhere", "notifications", "acknowledged",
        "forget",
        "history", "pusher", "plugin", "token", "endpoint", "user-name", "targets", "rotate-every", "overlap", "soak",
        "quiet",
        "first-rotation", "spread", "max-age", "freeze", "look-every", "preflight", "proof-of-use", "retain-secret",
        "max-attempts",
        "retry", "push-timeout",
    ]

    /// What the file's parts are, from the top.
    var sections: [Section] {
        let top = schema["properties"]?.members ?? [:]
        let user = top["users"]?["additionalProperties"]
        let times = top["defaults"]?["properties"]?.members ?? [:]
        let isTime: (String) -> Bool = { times[$0] != nil }
        var sections = [
            Section(
                title: "The top of the file",
                text:
                    "Paths are relative to the directory of the file. An unknown field is an error that gives its line and the nearest "
                    + "known name.",
                entries: entries(of: schema, besides: { ["users", "pushers", "defaults"].contains($0) })),
            Section(
                title: "defaults, and times of a user",
                text:
                    "In `defaults` for all users; in an entry of `users`, `discover` or `self-rotation` for that one. A duration is a "
                    + "whole number with a unit: `90s`, `30m`, `12h`, `7d`.",
                entries: entries(of: top["defaults"] ?? .null)),
        ]
        if let user {
            sections.append(
                Section(
                    title: "users",
                    text: "A mapping: the name of each entry is the name of an IAM user. Times of a user are fields of "
                        + "the entry, too.", entries: entries(of: user, besides: isTime)))
        }
        sections.append(
            Section(
                title: "pushers",
                text:
                    "A mapping: each entry is a configured use of a plugin, and targets name it. The fields are the plugin's, besides "
                    + "`plugin`; those of each plugin follow below.", entries: []))
        for name in schema["$defs"]?.members.keys.sorted() ?? [] where name.hasPrefix("pusher-") {
            let id = String(name.dropFirst("pusher-".count))
            guard let pusher = definition(name), let target = definition("target-\(id)") else { continue }
            let example = target["examples"]?.elements.first.map { " A target: `- \($0.literal)`." } ?? ""
            sections.append(
                Section(
                    title: "\(id): \(pusher["title"]?.string ?? id)",
                    text: "\(pusher["properties"]?["plugin"]?["description"]?.string ?? "").\(example)",
                    entries: [
                        Entry(
                            name: "pushers.NAME", form: "the pusher", text: "",
                            children: entries(of: pusher, besides: { $0 == "plugin" })),
                        Entry(
                            name: "targets", form: "a target", text: "",
                            children: entries(of: target, besides: { $0 == "pusher" })),
                    ]))
        }
        return sections
    }

    private func definition(_ name: String) -> SchemaNode? { schema["$defs"]?[name] }

    private func entries(of node: SchemaNode, besides isLeftOut: (String) -> Bool = { _ in false }) -> [Entry] {
        let required = Set((node["required"]?.elements ?? []).compactMap(\.string))
        let properties = node["properties"]?.members ?? [:]
        let known = Self.order.filter { properties[$0] != nil }
        let names = known + properties.keys.filter { !known.contains($0) }.sorted()
        return names.filter { !isLeftOut($0) }.map { name in
            let node = properties[name] ?? .null
            let (form, children) = form(of: node, depth: 0)
            return Entry(
                name: name, form: form, isRequired: required.contains(name), standard: node["default"]?.literal,
                text: node["description"]?.string ?? resolved(node)["description"]?.string ?? "", children: children)
        }
    }

    private func resolved(_ node: SchemaNode) -> SchemaNode {
        guard let path = node["$ref"]?.string, let name = path.split(separator: "/").last else { return node }
        return definition(String(name)) ?? node
    }

    /// What a value looks like, in words, and the fields that it has.
    private func form(of node: SchemaNode, depth: Int) -> (String, [Entry]) {
        switch node["$ref"]?.string {
        case "#/$defs/duration": return ("duration", [])
        case "#/$defs/duration-or-zero": return ("duration, or 0s", [])
        case "#/$defs/secret":
            return (
                "secret: { env: NAME }, { file: PATH }, { command: [ARG, …] }, { secretsmanager: NAME } or { ssm: NAME }",
                []
            )
        case "#/$defs/seal-key": return ("secret, or { kms: { key: ARN, sealed: BASE64 } }", [])
        case "#/$defs/variables": return ("list of names", [])
        case "#/$defs/target": return ("a target: see the pushers below", [])
        default: break
        }
        let node = resolved(node)
        if let value = node["const"] { return (value.literal, []) }
        if let values = node["enum"]?.elements, !values.isEmpty {
            return (values.map(\.literal).joined(separator: " | "), [])
        }
        if let choices = (node["anyOf"] ?? node["oneOf"])?.elements, node["properties"] == nil {
            let forms = choices.map { form(of: $0, depth: depth) }
            let words = forms.map(\.0).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            return (words.joined(separator: ", or "), forms.lazy.map(\.1).first { !$0.isEmpty } ?? [])
        }
        let types = node["type"].map { $0.string.map { [$0] } ?? $0.elements.compactMap(\.string) } ?? []
        switch types.first {
        case "boolean": return ("true | false", [])
        case "integer":
            let range = [node["minimum"], node["maximum"]].compactMap { $0?.literal }
            return (range.count == 2 ? "number from \(range[0]) to \(range[1])" : "number", [])
        case "array":
            let (inner, children) = form(of: node["items"] ?? .null, depth: depth + 1)
            return ("list of \(inner.hasPrefix("mapping") ? "mappings" : inner)", children)
        case "object":
            return ("mapping", depth < 3 ? entries(of: node, besides: { Self.times.contains($0) }) : [])
        default: return ("text", [])
        }
    }

    /// They have a section of their own.
    private static let times: Set = [
        "rotate-every", "overlap", "soak", "quiet", "first-rotation", "spread", "max-age", "freeze", "look-every",
        "preflight",
        "proof-of-use", "retain-secret", "max-attempts", "retry", "push-timeout",
    ]
}
