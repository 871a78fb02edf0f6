import FoundationEssentials

/// The paths of Travis CI's API v3 that this implements (its `routes.rb`).
struct TravisRoute: Sendable {
    /// A number or a slug, decoded.
    let repository: String
    /// Nil for the list.
    let variable: String?
    /// How `@href` begins.
    let prefix: String

    /// - Returns: nil for a path that has no route; `/repo/acme/app/…` with a raw slash has none.
    init?(_ request: Request) {
        var segments = request.segments
        prefix = segments.first == "v3" ? "/v3" : ""
        if segments.first == "v3" { segments.removeFirst() }
        guard segments.first == "repo" else { return nil }
        segments.removeFirst()
        // `/repo/{provider}/{repository}/env_vars`: the provider is there when the second segment names a repository.
        if segments.count > 2, Self.isRepository(segments[1]), segments[2].hasPrefix("env_var") {
            guard segments[0] == "github" else { return nil }
            segments.removeFirst()
        }
        guard let first = segments.first, Self.isRepository(first), let name = first.removingPercentEncoding else {
            return nil
        }
        repository = name
        switch segments.count {
        case 2 where segments[1] == "env_vars": variable = nil
        case 3 where segments[1] == "env_var" && !segments[2].isEmpty: variable = segments[2]
        default: return nil
        }
    }

    var methods: Set<String> { variable == nil ? ["GET", "HEAD", "POST"] : ["GET", "HEAD", "PATCH", "DELETE"] }

    private static func isRepository(_ segment: String) -> Bool {
        segment.wholeMatch(of: #/[0-9]+|[^/%]+%2[fF][^/%]+/#) != nil
    }
}
