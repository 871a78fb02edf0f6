public import JSON
public import JSONSchema
public import Rotation
public import Secrets

/// What the configuration must know of a plugin: a part of its manifest.
public struct PluginDescription: Sendable {
    /// The schema of its configuration.
    public var configuration: Schema
    /// The schema of its targets.
    public var target: Schema
    /// Configuration fields that are secret.
    public var secrets: Set<String>
    /// Target fields that name the place.
    public var place: [String]
    /// Target fields whose equal values must not be pushed at the same time.
    public var exclusive: [String]
    /// For values of a target's `shape` other than the usual two variables: the fields that name what is written.
    public var shapes: [String: [String]]
    /// The schema of `limits`, by which an operator replaces the manifest's rate limits.
    public var limits: Schema
    /// Whether it asks for operations of AWS, which are signed with the pusher's identity.
    public var usesAWS: Bool

    /// A part of a manifest.
    public init(
        configuration: Schema, target: Schema, secrets: Set<String>, place: [String], exclusive: [String],
        shapes: [String: [String]] = [:], limits: Schema = Schema(.bool(true)), usesAWS: Bool = false
    ) {
        self.configuration = configuration
        self.target = target
        self.secrets = secrets
        self.place = place
        self.exclusive = exclusive
        self.shapes = shapes
        self.limits = limits
        self.usesAWS = usesAWS
    }
}

/// A pusher whose fields fit its plugin.
public struct ConfiguredPusher: Sendable {
    /// Its name.
    public var name: String
    /// The plugin's ID.
    public var plugin: String
    /// The service's base URL, where one is written in the configuration.
    public var endpoint: String?
    /// Where it is kept, if it is a secret.
    var hiddenEndpoint: SecretReference?
    /// A PEM file of the authorities that the service is checked against; nil: the configuration's, else the system's.
    public var authorities: String?
    /// Rate limits in place of the manifest's, where they are configured.
    public var limits: JSONValue?
    /// Whose identity signs what its plugin asks of AWS, never keyturn's own; nil: it asks nothing.
    public var account: Configuration.Account?
    var fields: [String: JSONValue]
    var references: [(name: String, reference: SecretReference)]

    /// Where each of its secrets is kept: `token: env TRAVIS_TOKEN`.
    public var secretPlaces: [String] { references.map { "\($0.name): \($0.reference.source.words)" } }

    /// The secrets that it needs.
    public var secretReferences: [SecretReference] { references.map(\.reference) }

    /// The program that it starts, by its absolute path: the first word of its field `program`, as `exec` has it. nil: there is no such list.
    public var program: String? {
        fields["program"]?.strings?.first.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }

    /// Whether it has a service of its own, written out or kept as a secret.
    public var hasEndpoint: Bool { endpoint != nil || hiddenEndpoint != nil }

    /// Parts of a secret URL that are shorter are words that are everywhere.
    private static let shortestPart = 8

    /// Fetches the secrets.
    ///
    /// - Parameter fetched: those that AWS keeps.
    /// - Returns: the fields as JSON with the secrets filled in, the secrets themselves, and the base URL. Where that is a secret, its parts
    ///   are secrets too: they would show it.
    public func resolve(
        environment: [String: String], fetched: FetchedSecrets = FetchedSecrets()
    ) throws(ConfigurationError) -> (configuration: Secret, secrets: [Secret], endpoint: String?) {
        var fields = fields
        var secrets: [Secret] = []
        var endpoint = endpoint
        for (name, reference) in references {
            let secret = try reference.resolve(environment: environment, fetched: fetched)
            secrets.append(secret)
            let text = secret.withBytes { String(decoding: $0, as: UTF8.self) }
            fields[name] = .string(text)
            guard name == "endpoint" else { continue }
            endpoint = text
            secrets += text.split { "/:?#@".contains($0) }.filter { $0.count >= Self.shortestPart }
                .map { .text(String($0)) }
        }
        return (.text(JSONValue.object(fields).text), secrets, endpoint)
    }
}

/// An IAM user whose targets fit their pushers.
public struct ConfiguredUser: Sendable {
    /// The name in the file.
    public var name: String
    /// The IAM user name.
    public var userName: String
    /// The account.
    public var account: Configuration.Account
    /// Times and limits.
    public var policy: Policy
    /// Every place that must hold the key.
    public var targets: [ConfiguredTarget]
    /// The entry of `discover` that found it, in words; nil: it is listed in `users`.
    public var origin: String?
    /// The receiver in `notify` that gets messages about it; nil: those of `notifications`.
    public var owner: String?
    /// What is started once every target has a new key.
    public var afterRotation: AfterRotation?
    /// Whether keyturn itself runs with its key.
    public var isOwn = false
}

/// A configuration that fits its plugins.
public struct Resolution: Sendable {
    /// In the file's order.
    public var pushers: [ConfiguredPusher] = []
    /// Those of `users` in the file's order, then those that were found.
    public var users: [ConfiguredUser] = []
    /// What an operator may want to know of the users that were found.
    public var notes: [String] = []
    /// Users that were found and cannot be managed, each with the reason.
    public var problems: [String] = []
}

/// One place that must hold a key.
public struct ConfiguredTarget: Hashable, Sendable {
    /// `pusher:place`.
    public var name: TargetName
    /// The pusher's name.
    public var pusher: String
    /// The fields, with the names of the two variables.
    var values: [String: JSONValue]
    /// The fields as JSON.
    public var fields: String { JSONValue.object(values).text }
    /// What must not be pushed at the same time has the same text.
    public var exclusive: String?
    /// The variables that are written, by name.
    public var variables: [String]
    /// Whether both values are one, which is never half written.
    public var isOneValue: Bool
    /// The file that it is in.
    public var file: String
    /// The line in the file.
    public var line: Int
    /// What it is, whatever it is called: plugin, service, place and variables.
    public var identity: String?
}

extension Configuration {
    /// Checks pushers and targets against their plugins.
    ///
    /// - Parameters:
    ///   - plugins: by ID; all that ``pushers`` name must be there.
    ///   - found: what was found for ``discover``, by ``DiscoverEntry/identity``. A user of those that cannot be managed is
    ///     a problem of its own; one target for two users is an error, as it is in the file.
    public func resolve(
        _ plugins: [String: PluginDescription], found: [String: [DiscoveredUser]] = [:]
    ) throws(ConfigurationError) -> Resolution {
        var resolution = Resolution()
        for pusher in pushers {
            guard let plugin = plugins[pusher.plugin] else { continue }
            resolution.pushers.append(try resolve(pusher, plugin))
        }
        let discovery = try Discovery(self, found)
        (resolution.notes, resolution.problems) = (discovery.notes, discovery.problems)
        let configured = Dictionary(resolution.pushers.map { ($0.name, $0) }) { first, _ in first }
        var places = PlaceBook()
        var services: [String: String] = [:]
        for user in users + discovery.users {
            var targets: [ConfiguredTarget]
            do throws(ConfigurationError) { targets = try resolve(user, plugins) } catch {
                guard let origin = user.origin else { throw error }
                resolution.problems.append(
                    "\(user.userName), found by `\(origin.place)` (\(origin.label)), is left alone: \(error.description)"
                )
                continue
            }
            for (index, target) in targets.enumerated() {
                guard let pusher = configured[target.pusher], let plugin = plugins[pusher.plugin] else { continue }
                // Two that are kept in one place are one service; what is kept there is not looked at.
                let hidden = pusher.hiddenEndpoint.map { "secret \($0.source.words)" }
                let service = hidden ?? Self.service(pusher, plugin)
                try places.enter(target, pusher.plugin, service)
                targets[index].identity = target.identity(pusher.plugin, service)
                services[target.pusher] = "\(pusher.plugin) \(service)"
            }
            resolution.users.append(
                ConfiguredUser(
                    name: user.name, userName: user.userName, account: user.account, policy: user.policy,
                    targets: targets, origin: user.origin?.origin, owner: user.owner,
                    afterRotation: user.afterRotation))
        }
        resolution.users = Exclusion(services: services).joined(resolution.users)
        if let selfRotation { resolution.users.append(selfRotation.configured) }
        return resolution
    }

    private func resolve(
        _ user: UserEntry, _ plugins: [String: PluginDescription]
    ) throws(ConfigurationError) -> [ConfiguredTarget] {
        let entries = Dictionary(pushers.map { ($0.name, $0) }) { first, _ in first }
        var targets: [ConfiguredTarget] = []
        for (index, target) in user.targets.enumerated() {
            guard let pusher = entries[target.pusher], let plugin = plugins[pusher.plugin] else { continue }
            let place = "\(user.origin?.place ?? "users.\(user.name)").targets[\(index)]"
            targets.append(try resolve(target, pusher, plugin, place, user.file))
        }
        return targets
    }

    /// The service that an endpoint means: the usual one may be written out, and URLs may end in a slash.
    private static func service(_ pusher: ConfiguredPusher, _ plugin: PluginDescription) -> String {
        if let account = pusher.account { return account.service }
        var url = (pusher.endpoint ?? plugin.configuration.properties["endpoint"]?["default"]?.string ?? "")
            .lowercased()
        while url.hasSuffix("/") { url.removeLast() }
        return url
    }

    private func resolve(
        _ pusher: PusherEntry, _ plugin: PluginDescription
    ) throws(ConfigurationError) -> ConfiguredPusher {
        var fields = pusher.field.json.object ?? [:]
        fields["plugin"] = nil
        let account = plugin.usesAWS ? try identity(of: pusher) : nil
        if plugin.usesAWS { fields["aws"] = nil }
        let limits = fields.removeValue(forKey: "limits")
        fields["ca-file"] = nil
        if let limits, var violation = plugin.limits.violations(in: limits).first {
            violation.path.insert("limits", at: 0)
            throw explain(violation, plugin.limits, pusher.field, "pushers.\(pusher.name)", pusher.file)
        }
        var references: [(name: String, reference: SecretReference)] = []
        guard case .mapping(let members) = pusher.field.value else { preconditionFailure("read as a mapping before") }
        let file = pusher.file
        let directory = String(file.contains("/") ? file[..<(file.lastIndex(of: "/") ?? file.startIndex)] : ".")
        let authorities = try members.first { $0.name == "ca-file" }.map { member throws(ConfigurationError) in
            guard case .scalar(.string(let path)) = member.field.value, !path.isEmpty else {
                throw ConfigurationError(
                    file: file, line: member.line, "`pushers.\(pusher.name).ca-file` must be the path of a PEM file")
            }
            return Paths.absolute(path, from: directory)
        }
        let mayHideEndpoint = plugin.configuration.properties["endpoint"]?["writeOnly"] == .bool(true)
        let own = ["plugin", "limits", "ca-file"] + (plugin.usesAWS ? ["aws"] : [])
        for member in members where !own.contains(member.name) {
            let isSecret = plugin.secrets.contains(member.name)
            guard isSecret || SecretReference.isReference(member.field) else { continue }
            let place = "pushers.\(pusher.name).\(member.name)"
            guard member.name != "endpoint" || mayHideEndpoint else {
                throw ConfigurationError(
                    file: file, line: member.line,
                    "`\(place)` must be written here: it says which service the pusher may reach")
            }
            let reference = try SecretReference(member.field, place, file: file, directory: directory)
            references.append((member.name, reference))
            // Takes the place of the secret while the rest is checked.
            fields[member.name] = .string("secret")
        }
        let secretNames = Set(references.map(\.name))
        try refuse(
            plugin.configuration.violations(in: .object(fields)).filter { violation in
                guard let first = violation.path.first, secretNames.contains(first) else { return true }
                return plugin.configuration.properties[first] == nil
            }, of: plugin.configuration, pusher.field, "pushers.\(pusher.name)", pusher.file)
        let hiddenEndpoint = references.first { $0.name == "endpoint" }?.reference
        return ConfiguredPusher(
            name: pusher.name, plugin: pusher.plugin,
            endpoint: hiddenEndpoint == nil ? fields["endpoint"]?.string : nil, hiddenEndpoint: hiddenEndpoint,
            authorities: authorities, limits: limits, account: account, fields: fields, references: references)
    }

    private func resolve(
        _ target: TargetEntry, _ pusher: PusherEntry, _ plugin: PluginDescription, _ place: String, _ file: String
    ) throws(ConfigurationError) -> ConfiguredTarget {
        var fields = target.field.json.object ?? [:]
        fields["pusher"] = nil
        if plugin.usesAWS { try fillInRegion(&fields, target, pusher, plugin, place) }
        var standard: Set<String> = []
        for variable in TargetNaming.variables where fields[variable.field] == nil {
            fields[variable.field] = .string(variable.standard)
            standard.insert(variable.field)
        }
        // A plugin whose schema does not know the variables gets their usual names all the same.
        try refuse(
            plugin.target.violations(in: .object(fields)).filter {
                !($0.path.count == 1 && standard.contains($0.path[0]))
            }, of: plugin.target, target.field, place, file)
        for variable in TargetNaming.variables where fields[variable.field]?.string?.isEmpty != false {
            throw ConfigurationError(
                file: file, line: target.field.line(at: [variable.field]), "`\(place).\(variable.field)` must be a text"
            )
        }
        let naming = TargetNaming(pusher: pusher.name, plugin: plugin, fields: fields)
        for field in naming.unusedFields where fields[field] != nil && !standard.contains(field) {
            throw ConfigurationError(
                file: file, line: target.field.line(at: [field]),
                "`\(place).\(field)` has no effect with `shape: \(naming.shape)`: leave one of the two out")
        }
        let exclusive = plugin.exclusive.map { TargetNaming.word(fields[$0] ?? .null).lowercased() }.joined(
            separator: "\n")
        return ConfiguredTarget(
            name: naming.name, pusher: pusher.name, values: fields,
            exclusive: plugin.exclusive.isEmpty ? nil : exclusive, variables: naming.variables,
            isOneValue: naming.isOneValue, file: file, line: target.field.line)
    }

    /// Throws what is wrong with the fields of a plugin. What is missing may be what has an unknown name, which is reported alone.
    private func refuse(
        _ violations: [Schema.Violation], of schema: Schema, _ field: Field, _ place: String, _ file: String
    ) throws(ConfigurationError) {
        let strangers = violations.filter(\.isUnknownField)
        // One value may fit less than one rule.
        var paths: Set<[String]> = []
        let shown = (strangers.isEmpty ? violations : strangers).filter { paths.insert($0.path).inserted }
        let errors = shown.map { explain($0, schema, field, place, file) }
        if let first = errors.first { throw ConfigurationError(first, and: errors.dropFirst()) }
    }

    private func explain(
        _ violation: Schema.Violation, _ schema: Schema, _ field: Field, _ place: String, _ file: String
    ) -> ConfigurationError {
        let line = field.line(at: violation.path)
        // "unknown field `x`" names it already.
        if violation.isUnknownField {
            let parent = ([place] + violation.path.dropLast()).joined(separator: ".")
            let end = violation.message.firstIndex(of: ";") ?? violation.message.endIndex
            var error = ConfigurationError(
                file: file, line: line, "\(violation.message[..<end]) in `\(parent)`\(violation.message[end...])")
            if let name = violation.path.first, violation.path.count == 1 {
                error.remedy = .init(ofUnknown: name, among: schema.properties.keys)
            }
            return error
        }
        let path = ([place] + violation.path).joined(separator: ".")
        let isClause = violation.message.hasPrefix("`")
        return ConfigurationError(file: file, line: line, "`\(path)`\(isClause ? ":" : "") \(violation.message)")
    }
}

extension Schema.Violation {
    fileprivate var isUnknownField: Bool { message.hasPrefix("unknown field") }
}
