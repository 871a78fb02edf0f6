/// Who owns variables: a project, a group, or the instance itself.
enum GitLabOwnerKind: String, Sendable {
    case project, group, instance

    /// How it is called in messages.
    var title: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }

    /// How a missing variable is called.
    var variableName: String {
        switch self {
        case .project: "Variable"
        case .group: "GroupVariable"
        case .instance: "InstanceVariable"
        }
    }
}

struct GitLabOwner: Sendable {
    let kind: GitLabOwnerKind
    let id: Int
    /// The full path, e.g. `acme/tools/app`; empty for the instance.
    let path: String
    var variables: [GitLabVariable] = []
    var isArchived = false
    var schedules: [GitLabSchedule] = []
}

/// A pipeline schedule with variables of its own.
struct GitLabSchedule: Sendable {
    let id: Int
    let description: String
    var isActive = true
    /// Whether the token may read its variables.
    var isReadable = true
    var variables: [(key: String, value: String)] = []
}

struct GitLabInstance: Sendable {
    private(set) var owners = [GitLabOwner(kind: .instance, id: 0, path: "")]

    mutating func addProject(_ path: String, holding key: AccessKey? = nil) {
        var project = GitLabOwner(kind: .project, id: 500 + owners.count, path: path)
        if let key {
            project.variables = [
                GitLabVariable(key: PairNames.accessKeyID, value: key.id),
                GitLabVariable(key: PairNames.secretAccessKey, value: key.secret, isMasked: true),
            ]
        }
        owners.append(project)
    }

    mutating func addGroup(_ path: String) {
        owners.append(GitLabOwner(kind: .group, id: 500 + owners.count, path: path))
    }

    /// - Parameter name: a number or a full path, decoded; nil for the instance.
    func index(of kind: GitLabOwnerKind, _ name: String?) -> Int? {
        owners.firstIndex { owner in
            owner.kind == kind
                && (kind == .instance || String(owner.id) == name || owner.path.lowercased() == name?.lowercased())
        }
    }

    subscript(index: Int) -> GitLabOwner {
        get { owners[index] }
        set { owners[index] = newValue }
    }
}
