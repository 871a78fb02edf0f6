import PusherKit

/// Whose variables they are.
enum Place: Sendable, CustomStringConvertible {
    case project(String)
    case group(String)
    case instance

    init(_ fields: JSONValue) throws(JSONMismatch) {
        let project: PlaceName? = try fields.optional("project")
        let group: PlaceName? = try fields.optional("group")
        let instance = try fields.optional("instance") ?? false
        switch (project, group, instance) {
        case (let project?, nil, false): self = .project(project.text)
        case (nil, let group?, false): self = .group(group.text)
        case (nil, nil, true): self = .instance
        default:
            throw fields.wrong("project", "give one of project, group, or instance: true")
        }
    }

    /// The path of its variables below the endpoint.
    var path: [String] {
        switch self {
        case .project(let id): ["api", "v4", "projects", id, "variables"]
        case .group(let id): ["api", "v4", "groups", id, "variables"]
        case .instance: ["api", "v4", "admin", "ci", "variables"]
        }
    }

    var description: String {
        switch self {
        case .project(let id): id
        case .group(let id): "group \(id)"
        case .instance: "the instance"
        }
    }

    /// Its number or full path; nil for the instance.
    var id: String? {
        switch self {
        case .project(let id), .group(let id): id
        case .instance: nil
        }
    }

    /// What its variables take, in GitLab's words.
    var permission: String {
        switch self {
        case .project: "scope api and role Maintainer of the project"
        case .group: "scope api and role Owner of the group"
        case .instance: "scope api, of an administrator"
        }
    }

    /// Whose tokens can have that.
    var tokens: String {
        switch self {
        case .project: "a personal, project or group access token"
        case .group: "a personal or group access token"
        case .instance: "a personal access token"
        }
    }

    /// The target's field that names it, and the segment of a path behind which GitLab does.
    var field: (name: String, segment: String)? {
        switch self {
        case .project: ("project", "projects")
        case .group: ("group", "groups")
        case .instance: nil
        }
    }

    /// The role that reading its variables takes.
    var role: String {
        switch self {
        case .project: "role Maintainer of the project"
        case .group: "role Owner of the group"
        case .instance: "an administrator"
        }
    }
}
