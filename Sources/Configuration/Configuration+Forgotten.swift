internal import Rotation

extension Configuration {
    /// `forget: [{ target, reason }]`: targets that have left the configuration and do not matter any more.
    static func readForgotten(_ field: Field?, _ file: String) throws(ConfigurationError) -> [TargetName: String] {
        guard let field else { return [:] }
        guard case .list(let entries) = field.value else {
            throw ConfigurationError(file: file, line: field.line, "`forget` must be a list of { target, reason }")
        }
        var forgotten: [TargetName: String] = [:]
        for (index, entry) in entries.enumerated() {
            var reader = try MappingReader(entry, "forget[\(index)]", file)
            guard let target = try reader.string("target") else { throw reader.missing("target", "is missing") }
            guard let reason = try reader.string("reason"), !reason.isEmpty else {
                throw reader.missing("reason", "is missing: why the target does not matter any more")
            }
            try reader.end()
            forgotten[TargetName(target)] = reason
        }
        return forgotten
    }
}
