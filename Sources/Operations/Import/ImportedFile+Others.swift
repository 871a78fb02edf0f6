internal import JSON

/// Configurations of other rotators, as far as they are about AWS keys in systems that keyturn writes to.
extension ImportedFile {
    /// The variables of either program where its file names no others.
    private static let names = (id: "AWS_ACCESS_KEY_ID", secret: "AWS_SECRET_ACCESS_KEY")

    /// cloud-key-rotator: `AccountKeyLocations`, a list of accounts with lists of locations. Its names are read without case, as
    /// its own reader does (viper).
    init(cloudKeyRotator json: JSONValue) {
        let root = Folded(json)
        let age = root["defaultrotationagethresholdmins"]?.integer
        for account in root["accountkeylocations"]?.array ?? [] {
            let account = Folded(account)
            guard let user = account["serviceaccountname"]?.string else { continue }
            var settings = ImportedTarget.UserSettings()
            let minutes = account["rotationagethresholdmins"]?.integer ?? age
            settings.rotateEvery = minutes.flatMap { $0 > 0 ? "\($0)m" : nil }
            for (location, value) in account.members where !Self.settings.contains(location) {
                for item in value.array ?? [value] {
                    take(Folded(item), location, user, settings)
                }
            }
        }
    }

    private static let settings: Set = ["serviceaccountname", "rotationagethresholdmins"]

    private mutating func take(
        _ item: Folded, _ location: String, _ user: String, _ settings: ImportedTarget.UserSettings
    ) {
        let names = [
            "access-key-id": item["keyidenvvar"]?.string ?? Self.names.id,
            "secret-access-key": item["keyenvvar"]?.string ?? Self.names.secret,
        ]
        var fields: [String: String]
        let plugin: String
        switch location {
        case "circleci":
            guard let project = item["usernameproject"]?.string else { return }
            (plugin, fields) = ("circleci", ["project": "gh/\(project)"])
        case "github":
            guard let owner = item["owner"]?.string, let repository = item["repo"]?.string else {
                return leftOut.append("\(user): a location \(location) without `Owner` and `Repo`")
            }
            (plugin, fields) = ("github-actions", ["repository": "\(owner)/\(repository)"])
            if let environment = item["env"]?.string, !environment.isEmpty { fields["environment"] = environment }
        default:
            return leftOut.append(
                "\(user): a location \(location): keyturn takes over CircleCI and GitHub; add a target by hand where it has a pusher"
            )
        }
        fields.merge(names) { first, _ in first }
        targets.append(
            ImportedTarget(
                user: user, pusher: plugin, fields: fields, why: "cloud-key-rotator: \(location) of \(user)",
                settings: settings))
    }

    /// CZI's rotator: `secrets`, each with a source and a list of sinks.
    init(rotator json: JSONValue) {
        for secret in json["secrets"]?.array ?? [] {
            let (name, source) = (secret["name"]?.string ?? "a secret", secret["source"])
            guard source?["kind"]?.string == "aws", let user = source?["username"]?.string else {
                leftOut.append("\(name): its source is not an IAM user's key")
                continue
            }
            var settings = ImportedTarget.UserSettings()
            settings.rotateEvery = source?["max_age"]?.string.flatMap(Self.duration)
            settings.roleARN = source?["role_arn"]?.string
            settings.externalID = source?["external_id"]?.string.flatMap { $0.isEmpty ? nil : $0 }
            for sink in secret["sinks"]?.array ?? [] { take(sink, name, user, settings) }
        }
    }

    private mutating func take(
        _ sink: JSONValue, _ name: String, _ user: String, _ settings: ImportedTarget.UserSettings
    ) {
        let kind = sink["kind"]?.string ?? ""
        var fields: [String: String]
        let plugin: String
        switch kind.lowercased() {
        case "travisci":
            guard let repository = sink["repo_slug"]?.string else { return }
            (plugin, fields) = ("travis-ci", ["repository": repository])
        case "circleci":
            guard let account = sink["account"]?.string, let repository = sink["repo"]?.string else { return }
            (plugin, fields) = ("circleci", ["project": "gh/\(account)/\(repository)"])
        case let kind where kind.hasPrefix("githubactions"):
            guard let owner = sink["owner"]?.string, let repository = sink["repo"]?.string else { return }
            (plugin, fields) = ("github-actions", ["repository": "\(owner)/\(repository)"])
        default:
            return leftOut.append(
                "\(name): a sink \(kind): keyturn takes over Travis CI, CircleCI and GitHub Actions; add a target by hand where it has a pusher"
            )
        }
        guard let id = sink["key_to_name"]?["accessKeyId"]?.string,
            let secret = sink["key_to_name"]?["secretAccessKey"]?.string
        else { return leftOut.append("\(name): a sink \(kind) that does not write both parts of the key") }
        (fields["access-key-id"], fields["secret-access-key"]) = (id, secret)
        targets.append(
            ImportedTarget(
                user: user, pusher: plugin, fields: fields, why: "rotator: \(kind) of \(name)", settings: settings))
    }

    /// A duration as Go writes it, `1h40m0s`, in whole seconds as keyturn writes them; nil: it is none, or under a second.
    private static func duration(_ text: String) -> String? {
        let units: [(Character, Double)] = [("h", 3_600), ("m", 60), ("s", 1)]
        var (seconds, number) = (0.0, "")
        for character in text {
            if character.isNumber || character == "." {
                number.append(character)
            } else {
                guard let unit = units.first(where: { $0.0 == character })?.1, let count = Double(number) else {
                    return nil
                }
                seconds += count * unit
                number = ""
            }
        }
        return number.isEmpty && seconds >= 1 && seconds < 1e9 ? "\(Int(seconds))s" : nil
    }
}

/// An object whose names are read without case.
private struct Folded {
    let members: [(name: String, value: JSONValue)]

    init(_ json: JSONValue) {
        members = (json.object ?? [:]).map { ($0.key.lowercased(), $0.value) }.sorted { $0.0 < $1.0 }
    }

    subscript(name: String) -> JSONValue? { members.first { $0.name == name }?.value }
}
