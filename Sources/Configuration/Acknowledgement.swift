/// A place next to a target that no target names and that may hold a key all the same: someone has looked at it.
public struct Acknowledgement: Hashable, Sendable {
    /// As keyturn shows it: `gitlab:acme/app (scope staging), variable AWS_ACCESS_KEY_ID`.
    public var place: String
    /// Why it may.
    public var reason: String
}

extension Configuration {
    static func readAcknowledged(_ field: Field?, _ file: String) throws(ConfigurationError) -> [Acknowledgement] {
        guard let field else { return [] }
        guard case .list(let entries) = field.value else {
            throw ConfigurationError(file: file, line: field.line, "`acknowledged` must be a list of { place, reason }")
        }
        var found: [Acknowledgement] = []
        for (index, entry) in entries.enumerated() {
            var reader = try MappingReader(entry, "acknowledged[\(index)]", file)
            guard let place = try reader.string("place"), !place.isEmpty else {
                throw reader.missing("place", "is missing: the place as `check --online` shows it")
            }
            guard let reason = try reader.string("reason"), !reason.isEmpty else {
                throw reader.missing("reason", "is missing: why that place may hold another key")
            }
            try reader.end()
            found.append(Acknowledgement(place: place, reason: reason))
        }
        return found
    }
}
