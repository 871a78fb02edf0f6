import FoundationEssentials

/// The paths of GitLab's API that this implements.
struct GitLabRoute: Sendable {
    let kind: GitLabOwnerKind
    /// A number or a full path, decoded; nil for the instance.
    let owner: String?
    /// Nil for the list.
    let key: String?

    /// - Returns: nil for a path that has no route; a raw slash in a project's path makes it one.
    init?(_ request: Request) {
        var segments = request.segments
        guard segments.starts(with: ["api", "v4"]), !segments.contains("") else { return nil }
        segments.removeFirst(2)
        let rest: ArraySlice<String>
        switch segments.first {
        case "projects" where segments.count >= 3 && segments[2] == "variables":
            (kind, owner, rest) = (.project, segments[1].removingPercentEncoding, segments.dropFirst(3))
        case "groups" where segments.count >= 3 && segments[2] == "variables":
            (kind, owner, rest) = (.group, segments[1].removingPercentEncoding, segments.dropFirst(3))
        case "admin" where segments.starts(with: ["admin", "ci", "variables"]):
            (kind, owner, rest) = (.instance, nil, segments.dropFirst(3))
        default: return nil
        }
        guard rest.count <= 1, kind == .instance || owner != nil else { return nil }
        key = rest.first.flatMap(\.removingPercentEncoding)
    }

    var methods: [String] { key == nil ? ["GET", "HEAD", "POST"] : ["GET", "HEAD", "PUT", "DELETE"] }
}
