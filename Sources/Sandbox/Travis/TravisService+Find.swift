import FoundationEssentials
import JSON
import Synchronization

/// An owner with its repositories, and one repository.
extension TravisService {
    /// - Returns: nil for other paths.
    func find(_ request: Request) throws(TravisError) -> Reply? {
        guard request.method == "GET" else { return nil }
        let segments = request.segments.compactMap(\.removingPercentEncoding).drop { $0 == "v3" }
        let travis = world.travis.withLock { $0 }
        if segments.count == 2, segments.first == "repo", let name = segments.last {
            guard let repository = travis.repository(name) else { throw .notFound("repository") }
            return .json(200, Self.render(repository))
        }
        guard segments.count == 2, segments.first == "owner", let login = segments.last else { return nil }
        _ = try TravisParameters(request)
        let include = request.queryValue("include") ?? ""
        guard ["", "owner.repositories"].contains(include) else { throw .wrongParameters }
        let repositories = travis.repositories.filter { $0.slug.lowercased().hasPrefix(login.lowercased() + "/") }
        guard !repositories.isEmpty || travis.accounts[login] != nil else { throw .notFound("owner") }
        var body: [String: JSONValue] = [
            "@type": "organization", "@href": .string("/org/7"), "@representation": "standard", "id": 7,
            "login": .string(login),
            "account_env_vars": .array((travis.accounts[login] ?? []).enumerated().map { Self.render($1, $0) }),
        ]
        if !include.isEmpty { body["repositories"] = .array(repositories.map(Self.render)) }
        return .json(200, .object(body))
    }

    private static func render(_ repository: TravisRepository) -> JSONValue {
        [
            "@type": "repository", "@href": .string("/repo/\(repository.id)"), "@representation": "standard",
            "id": .int(repository.id), "slug": .string(repository.slug), "active": .bool(repository.isActive),
            "name": .string(repository.slug.split(separator: "/").last.map(String.init) ?? ""),
        ]
    }

    private static func render(_ variable: TravisVariable, _ number: Int) -> JSONValue {
        var body: [String: JSONValue] = [
            "@type": "account_env_var", "@representation": "minimal", "id": .int(number + 1), "owner_id": 7,
            "owner_type": "Organization", "name": .string(variable.name), "public": .optional(variable.isPublic),
        ]
        if variable.isPublic == true { body["value"] = .optional(variable.value) }
        return .object(body)
    }
}
