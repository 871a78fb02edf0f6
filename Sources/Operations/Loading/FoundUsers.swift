internal import Configuration
internal import FoundationEssentials

/// What `discover` found last, kept beside the state: commands that ask nobody know those users too, and so does work while
/// a discovery fails.
struct FoundUsers: Codable, Equatable {
    private static let sizeLimit = 64 << 20

    private var version = 1
    /// By the entry's identity: another entry's users are not this one's.
    var users: [String: [DiscoveredUser]] = [:]

    static func path(state: String) -> String { state + ".discovered.json" }

    /// - Throws: a sentence, where there is a file that cannot be used.
    static func read(state: String) throws -> FoundUsers {
        let path = path(state: state)
        guard FileManager.default.fileExists(atPath: path) else { return FoundUsers() }
        guard let data = FileManager.default.contents(atPath: path), data.count <= sizeLimit,
            let found = try? JSONDecoder().decode(FoundUsers.self, from: data), found.version == 1
        else {
            throw OperationFailure(
                .failed,
                "\(path), what `discover` found last, cannot be read; remove it, and `keyturn step` makes it anew")
        }
        return found
    }

    func write(state: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        do {
            try encoder.encode(self).write(to: URL(fileURLWithPath: Self.path(state: state)), options: .atomic)
        } catch {
            throw OperationFailure(.failed, "\(Self.path(state: state)) cannot be written; nothing was changed")
        }
    }
}
