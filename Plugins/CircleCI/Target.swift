import PusherKit

/// The variables of one project or one context that hold the pair.
struct Target: JSONReadable, Sendable {
    /// Whose variables they are.
    enum Place: Sendable {
        /// By the segments of its slug: `gh`, `acme`, `app`.
        case project([String])
        /// By its name and its owner's slug, or by its ID alone.
        case context(String, owner: String?)
    }

    let place: Place
    let accessKeyID: String
    let secretAccessKey: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        accessKeyID = try fields.value("access-key-id")
        secretAccessKey = try fields.value("secret-access-key")
        let project: String? = try fields.optional("project")
        let context: String? = try fields.optional("context")
        let owner: String? = try fields.optional("owner")
        switch (project, context) {
        case (let project?, nil) where owner == nil: place = .project(try Self.segments(project, fields))
        case (nil, let context?):
            guard owner != nil || isUUID(context) else {
                throw fields.wrong(
                    "owner", "a context that is named needs its owner: gh/acme; or give the context's ID")
            }
            place = .context(context, owner: owner)
        default: throw fields.wrong("project", "give project, or context and its owner")
        }
    }

    private static func segments(_ project: String, _ fields: JSONValue) throws(JSONMismatch) -> [String] {
        let segments = project.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard segments.count == 3, !segments.contains("") else {
            throw fields.wrong("project", "not gh/OWNER/NAME, bb/OWNER/NAME or circleci/ORGANIZATION-ID/PROJECT-ID")
        }
        return segments
    }

    /// What messages begin with.
    func subject(_ variable: String? = nil) -> String {
        let name: String
        switch place {
        case .project(let segments): name = segments.joined(separator: "/")
        case .context(let context, let owner): name = "context \(context)" + (owner.map { " of \($0)" } ?? "")
        }
        return oneLine("CircleCI: " + (variable.map { "\($0) in \(name)" } ?? name))
    }
}
