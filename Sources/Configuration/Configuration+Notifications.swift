internal import JSON
internal import Rotation

/// `notifications`, the receivers of messages about users without an owner, and `notify`, those that users name as `owner`.
extension Configuration {
    /// The kinds of receivers, as the file names them.
    private static let kinds = ["pagerduty", "slack", "teams", "email", "webhook", "command"]
    private static let europe = "https://events.eu.pagerduty.com"

    static func readNotifications(
        _ reader: inout MappingReader, _ directory: String
    ) throws(ConfigurationError) -> [NotificationEntry] {
        let file = reader.file
        var entries: [NotificationEntry] = []
        if let field = reader.field("notifications") {
            guard case .list(let fields) = field.value else {
                throw ConfigurationError(file: file, line: field.line, "`notifications` must be a list")
            }
            for (index, field) in fields.enumerated() {
                entries.append(try readReceiver(field, "notifications[\(index)]", file, directory))
            }
        }
        guard let field = reader.field("notify") else { return entries }
        for member in try MappingReader(field, "notify", file).all {
            let place = "notify.\(member.name)"
            guard !member.name.isEmpty, member.name.utf8.count <= 64 else {
                throw ConfigurationError(file: file, line: member.line, "a name in `notify` has 1 to 64 bytes")
            }
            let fields: [Field] = if case .list(let fields) = member.field.value { fields } else { [member.field] }
            guard !fields.isEmpty else {
                throw ConfigurationError(file: file, line: member.line, "`\(place)` has no receiver")
            }
            for (index, field) in fields.enumerated() {
                var entry = try readReceiver(
                    field, fields.count == 1 ? place : "\(place)[\(index)]", file, directory)
                entry.owner = member.name
                entries.append(entry)
            }
        }
        return entries
    }

    private static func readReceiver(
        _ field: Field, _ place: String, _ file: String, _ directory: String
    ) throws(ConfigurationError) -> NotificationEntry {
        var reader = try MappingReader(field, place, file)
        let way = try readWay(&reader, directory)
        let occasions = try readOccasions(&reader, way)
        let patience = try reader.duration("blocked-after") ?? .seconds(600)
        let digest = try reader.duration("digest")
        try reader.end()
        return NotificationEntry(way: way, occasions: occasions, patience: patience, digest: digest)
    }

    private static func readWay(
        _ reader: inout MappingReader, _ directory: String
    ) throws(ConfigurationError) -> NotificationEntry.Way {
        var fields: [String: Field] = [:]
        for kind in kinds { fields[kind] = reader.field(kind) }
        let given = kinds.filter { fields[$0] != nil }
        guard given.count == 1, let kind = given.first, let field = fields[kind] else {
            let names = kinds.map { "`\($0)`" }
            throw ConfigurationError(
                file: reader.file, line: reader.line,
                "`\(reader.place)` needs one of \(names.dropLast().joined(separator: ", ")) and \(names.last ?? "")")
        }
        try checkCompany(&reader, of: kind)
        switch kind {
        case "webhook": return try readWebhook(field, &reader, directory)
        case "slack": return .slack(.kept(try keptSecret(field, reader, kind, directory)))
        case "teams": return .teams(.kept(try keptSecret(field, reader, kind, directory)))
        case "pagerduty": return try readPagerDuty(field, &reader, directory)
        case "email": return try readMail(&reader, directory)
        default: return try readCommand(&reader)
        }
    }

    /// Fields that belong to one kind only.
    private static func checkCompany(_ reader: inout MappingReader, of kind: String) throws(ConfigurationError) {
        let owners = [
            ("secret", "webhook", "a webhook"), ("environment", "command", "a command"),
            ("endpoint", "pagerduty", "PagerDuty"), ("from", "email", "e-mail"), ("sendmail", "email", "e-mail"),
        ]
        for (name, owner, words) in owners where owner != kind && reader.field(name) != nil {
            throw reader.error(name, "belongs to \(words)")
        }
    }

    private static func keptSecret(
        _ field: Field, _ reader: MappingReader, _ name: String, _ directory: String
    ) throws(ConfigurationError) -> SecretReference {
        try SecretReference(field, reader.path(name), file: reader.file, directory: directory)
    }

    private static func readWebhook(
        _ field: Field, _ reader: inout MappingReader, _ directory: String
    ) throws(ConfigurationError) -> NotificationEntry.Way {
        let url: NotificationURL
        if SecretReference.isReference(field) {
            url = .kept(try keptSecret(field, reader, "webhook", directory))
        } else {
            guard let text = field.json.string, ServiceURL.isAllowed(text) else {
                throw reader.error("webhook", ServiceURL.rule)
            }
            url = .plain(text, line: field.line)
        }
        guard let secret = reader.field("secret") else {
            throw ConfigurationError(
                file: reader.file, line: reader.line,
                "`\(reader.path("secret"))` is missing: messages are signed with it, so that the receiver knows them from "
                    + "others'; use { env: NAME }, { file: PATH } or { command: [ARG, …] }")
        }
        return .webhook(url, secret: try keptSecret(secret, reader, "secret", directory))
    }

    private static func readPagerDuty(
        _ field: Field, _ reader: inout MappingReader, _ directory: String
    ) throws(ConfigurationError) -> NotificationEntry.Way {
        let endpoint = try reader.string("endpoint") ?? "https://events.pagerduty.com"
        guard ServiceURL.isAllowed(endpoint), !endpoint.contains(where: { "?#".contains($0) }) else {
            throw reader.error(
                "endpoint", "\(ServiceURL.rule); that of PagerDuty's service region in Europe is \(europe)")
        }
        let base = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        return .pagerDuty(base, key: try keptSecret(field, reader, "pagerduty", directory))
    }

    private static func readMail(
        _ reader: inout MappingReader, _ directory: String
    ) throws(ConfigurationError) -> NotificationEntry.Way {
        let to: [String] =
            if case .list = reader.field("email")?.value { try reader.strings("email") ?? [] } else {
                [try reader.string("email") ?? ""]
            }
        guard (1...50).contains(to.count) else { throw reader.error("email", "must have 1 to 50 addresses") }
        for address in to where !isAddress(address) {
            throw reader.error("email", "has `\(address)`, which is not an address such as ops@example.com")
        }
        guard let from = try reader.string("from") else {
            throw reader.missing("from", "is missing: the address that messages come from, such as keyturn@example.com")
        }
        guard isAddress(from) else { throw reader.error("from", "must be an address such as keyturn@example.com") }
        var program = try reader.strings("sendmail") ?? ["/usr/sbin/sendmail"]
        guard let first = program.first, !first.isEmpty else {
            throw reader.error("sendmail", "needs a program: [PROGRAM, ARG, …]")
        }
        if first.contains("/") { program[0] = Paths.absolute(first, from: directory) }
        return .email(from: from, to: to, sendmail: program)
    }

    /// Plain addresses alone: no names, no comments, and nothing that a header or a command line could take for something else.
    static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= 254, text.first != "-" else { return false }
        func isMade(of others: String, _ part: Substring) -> Bool {
            !part.isEmpty && !part.hasPrefix(".") && !part.hasSuffix(".")
                && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || others.contains($0)) }
        }
        return isMade(of: "!#$%&'*+-/=?^_`{|}~.", parts[0]) && isMade(of: "-.", parts[1])
    }

    private static func readCommand(_ reader: inout MappingReader) throws(ConfigurationError) -> NotificationEntry.Way {
        let names = try SecretReference.readNames(
            reader.field("environment"), reader.path("environment"), reader.file)
        guard let command = try reader.strings("command"), let program = command.first, !program.isEmpty else {
            throw reader.error("command", "needs a program: [PROGRAM, ARG, …]")
        }
        return .command(command, environment: names)
    }

    private static func readOccasions(
        _ reader: inout MappingReader, _ way: NotificationEntry.Way
    ) throws(ConfigurationError) -> Set<NotificationEvent.Occasion> {
        // There, what is opened has to be closed, and what needs no person opens nothing.
        let isIncidents = if case .pagerDuty = way { true } else { false }
        let silent: Set<NotificationEvent.Occasion> = [.completed, .revoked]
        // The same rotation is reported once it is complete.
        let usual = Set(NotificationEvent.Occasion.allCases).subtracting([.delivered])
        guard let words = try reader.strings("on") else {
            return isIncidents ? usual.subtracting(silent) : usual
        }
        var occasions: Set<NotificationEvent.Occasion> = []
        for word in words {
            guard let occasion = NotificationEvent.Occasion(rawValue: word) else {
                let known = NotificationEvent.Occasion.allCases.map(\.rawValue).joined(separator: ", ")
                throw reader.error("on", "has `\(word)`; the events are: \(known)")
            }
            guard !isIncidents || !silent.contains(occasion) else {
                throw reader.error("on", "has `\(word)`, which needs no person: PagerDuty opens no incident for it")
            }
            occasions.insert(occasion)
        }
        return isIncidents ? occasions.union([.recovered]) : occasions
    }

    /// Every owner has a receiver.
    static func check(
        _ owner: String?, of place: String, _ file: String, _ line: Int, _ known: Set<String>
    ) throws(ConfigurationError) {
        guard let owner, !known.contains(owner) else { return }
        let near = Spelling.nearest(to: owner, among: known).map { "; did you mean `\($0)`?" } ?? ""
        throw ConfigurationError(
            file: file, line: line, "`\(place).owner` names `\(owner)`, which is not in `notify`\(near)")
    }
}
