internal import FoundationEssentials
internal import JSON
internal import JSONSchema
internal import PusherHost

/// A system that keys can be pushed to, as the manifest of its plugin describes it.
package struct CISystem: Sendable {
    /// What the pusher is usually called: `travis`.
    package let name: String
    /// The service: `Travis CI`.
    package let title: String
    /// The environment variable that its token is commonly in; nil: it needs none.
    package let token: String?
    /// Whether its plugin uses files, which it may only once its directories are granted.
    fileprivate let usesFiles: Bool
    /// Whether its plugin starts programs, which it may only once that is granted.
    fileprivate let startsPrograms: Bool
    /// An example of a role that the pusher signs its requests to AWS as; nil: it makes none.
    package let exampleRole: String?
    /// The target's field that names the place: `repository`.
    package let field: String
    /// A place there: `acme/app`.
    package let place: String
    /// The ID of its plugin.
    package let plugin: String
    private let example: ManifestExample
    private let schema: Schema

    init?(_ manifest: Manifest) {
        guard let example = manifest.example, let place = example.target[example.placeField]?.string else { return nil }
        // A pusher never signs as keyturn, and what it signs as is keyturn's business, not the plugin's.
        exampleRole =
            manifest.asks.aws.isEmpty ? nil : "arn:aws:iam::123456789012:role/keyturn-\(example.name)"
        var configured = example
        if let exampleRole { configured.configuration["aws"] = .object(["role-arn": .string(exampleRole)]) }
        (name, title, token, field) = (example.name, manifest.title, example.tokenVariable, example.placeField)
        (self.place, plugin, self.example, schema) = (place, manifest.id, configured, manifest.target)
        usesFiles = !manifest.asks.readable.isEmpty || !manifest.asks.writable.isEmpty
        startsPrograms = manifest.asks.programs
    }

    /// The systems that an installation has pushers for, by their names.
    package static func all(_ installation: Installation) -> [CISystem] {
        PluginSearch(directories: [installation.pushers]).all()
            .compactMap { _, plugin in (try? plugin.get()).flatMap { CISystem($0.manifest) } }
            .sorted { $0.name < $1.name }
    }

    /// The system of that name, or of the plugin with that ID.
    ///
    /// - Throws: ``InvalidOption``, which names those that there are.
    package static func named(_ name: String, _ installation: Installation) throws -> CISystem {
        let all = all(installation)
        if let found = all.named(name) { return found }
        let near = Spelling.nearest(to: name, among: all.map(\.name)).map { "did you mean `\($0)`? " }
        let other =
            PluginSearch(directories: [installation.pushers]).all()
                .contains { $0.id == name }
            ? "init cannot fill in the plugin \(name), `keyturn plugin info \(name)` shows its fields. " : ""
        throw InvalidOption(
            message: "--ci \(name): \(near ?? other)--ci takes \(all.map(\.name).joined(separator: ", "))")
    }

    /// The title behind `your`: `webhook`, `Travis CI`, `program`.
    package var noun: String {
        let noun = title.hasPrefix("a ") ? String(title.dropFirst(2)) : title
        return noun.hasSuffix(" of your own") ? String(noun.dropLast(" of your own".count)) : noun
    }

    /// The example's base URL of a service that everyone has at another address; nil: the service has one address.
    package var exampleEndpoint: String? { example.configuration["endpoint"]?.string }

    /// The example's program; nil: its plugin starts none.
    package var exampleProgram: String? {
        startsPrograms ? example.configuration["program"]?.strings?.first : nil
    }

    /// Why a text cannot be a place there; nil: it can.
    package func refusal(ofPlace place: String) -> String? {
        var target = example.target
        target[field] = .string(place)
        for name in ["access-key-id", "secret-access-key"] where target[name] == nil && schema.properties[name] != nil {
            target[name] = .string("NAME")
        }
        let words = place.split(separator: " ", omittingEmptySubsequences: false)
        guard words.allSatisfy({ FlowText.isPlain(String($0)) }), schema.violations(in: .object(target)).isEmpty else {
            return "`\(place)` is not a \(field) of \(title): it has the form of \(self.place)"
        }
        return nil
    }

    /// As a pusher of `keyturn.yaml`, on one line.
    var pusherLine: String { pusherLine(example.configuration) }

    /// As a pusher of `keyturn.yaml` that reads its token from a file, at an address of its own.
    func pusherLine(tokenFile: String, endpoint: String) -> String {
        var configuration = example.configuration
        if let field = example.tokenField { configuration[field] = .object(["file": .string(tokenFile)]) }
        configuration["endpoint"] = .string(endpoint)
        return pusherLine(configuration)
    }

    private func pusherLine(_ configuration: [String: JSONValue]) -> String {
        let fields = configuration.sorted { $0.key < $1.key }.map { "\($0): \(FlowText.text($1))" }
        return "\(name): { \((["plugin: \(plugin)"] + fields).joined(separator: ", ")) }"
    }

    /// As a target of `keyturn.yaml`, on one line.
    func targetLine(_ place: String) -> String {
        let others = example.target.filter { $0.key != field }.sorted { $0.key < $1.key }
        let fields = [(key: field, value: .string(place))] + others.map { (key: $0.key, value: $0.value) }
        return "- { \((["pusher: \(name)"] + fields.map { "\($0): \(FlowText.text($1))" }).joined(separator: ", ")) }"
    }

    /// As a target of `discover`: the user's name in the last part of the place.
    func templateLine(_ place: String) -> String {
        let above = place.lastIndex(of: "/").map { place[...$0] } ?? ""
        return targetLine("\(above){user}")
    }
}

extension [CISystem] {
    /// The system of that name, or of the plugin with that ID, in small or capital letters.
    package func named(_ name: String) -> CISystem? {
        let name = name.lowercased()
        return first { $0.name == name } ?? first { $0.plugin == name }
    }
}

/// JSON values as YAML's flow style has them, without quotes where none are needed.
enum FlowText {
    static func text(_ value: JSONValue) -> String {
        switch value {
        case .object(let members):
            "{ \(members.sorted { $0.key < $1.key }.map { "\($0): \(text($1))" }.joined(separator: ", ")) }"
        case .array(let elements): "[\(elements.map(text).joined(separator: ", "))]"
        case .string(let string) where isPlain(string): string
        case .string, .number, .integer, .bool, .null: value.text
        }
    }

    /// Whether a text is the same text without quotes: letters at its beginning, and nothing that YAML has a use for.
    static func isPlain(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first.isASCII, first.properties.isAlphabetic || first == "/" else {
            return false
        }
        let words: Set = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        return !words.contains(text.lowercased())
            && !text.contains("://") == !text.contains(":")
            && text.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || $0.properties.numericType != nil
                        || "_.-/:".unicodeScalars.contains($0))
            }
    }
}

/// The first place of a new configuration: which system, and where there.
package struct FirstTarget: Sendable {
    package let system: CISystem
    /// `acme/app`
    package let place: String

    /// - Throws: ``InvalidOption`` where the place cannot be one of the system's.
    package init(system: CISystem, place: String) throws {
        if let reason = system.refusal(ofPlace: place) { throw InvalidOption(message: "--place: \(reason)") }
        (self.system, self.place) = (system, place)
    }

    var targetLine: String { system.targetLine(place) }
    var templateLine: String { system.templateLine(place) }

    /// What has to be typed before the plugin may use the place; nil: nothing.
    package var pin: String? {
        let directory = URL(fileURLWithPath: place).deletingLastPathComponent().path
        let grants =
            (system.startsPrograms ? ["--grant programs"] : [])
            + (system.usesFiles ? ["--grant files --folder \(directory)"] : [])
        return grants.isEmpty ? nil : "keyturn plugin pin \(system.plugin) \(grants.joined(separator: " "))"
    }
}
