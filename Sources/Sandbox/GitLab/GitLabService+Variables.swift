import FoundationEssentials
import JSON

extension GitLabService {
    static func list(
        _ owner: GitLabOwner, _ parameters: GitLabParameters, _ request: Request
    ) throws(GitLabError) -> Reply {
        try page(of: owner.variables.map { $0.rendered(isInstance: owner.kind == .instance) }, parameters, request)
    }

    /// A page of a list, with the header fields that lead to the others.
    static func page(
        of items: [JSONValue], _ parameters: GitLabParameters, _ request: Request
    ) throws(GitLabError) -> Reply {
        let page = Page(
            number: try parameters.positive("page", default: 1),
            size: min(100, try parameters.positive("per_page", default: 20)), total: items.count)
        let link = page.link(
            to: request.base + request.path,
            relations: [("prev", page.previous), ("next", page.next), ("first", 1), ("last", page.pages)])
        return Reply.json(200, .array(page.cut(items))).adding([
            ("Link", link ?? ""), ("X-Next-Page", page.next.map { String($0) } ?? ""), ("X-Page", String(page.number)),
            ("X-Per-Page", String(page.size)), ("X-Prev-Page", page.previous.map { String($0) } ?? ""),
            ("X-Total", String(page.total)), ("X-Total-Pages", String(page.pages)),
        ])
    }

    static func show(
        _ key: String, _ parameters: GitLabParameters, of owner: GitLabOwner
    ) throws(GitLabError) -> Reply {
        let index = try existing(key, parameters, in: owner)
        return .json(200, owner.variables[index].rendered(isInstance: owner.kind == .instance))
    }

    /// - Parameter hasScopes: whether the licence has scopes for groups; without, GitLab passes over what is asked.
    static func create(
        _ parameters: GitLabParameters, in owner: inout GitLabOwner, hasScopes: Bool
    ) throws(GitLabError) -> Reply {
        try parameters.require(["key", "value"])
        let key = try parameters.text("key") ?? ""
        var variable = GitLabVariable(key: key.trimmed)
        try apply(parameters, to: &variable, of: owner.kind)
        if owner.kind == .group, !hasScopes { variable.scope = GitLabVariable.everyScope }
        if owner.kind != .instance, try parameters.flag("masked_and_hidden") == true {
            variable.isMasked = true
            variable.isHidden = true
        }
        try validate(variable, at: nil, in: owner)
        owner.variables.append(variable)
        return .json(201, variable.rendered(isInstance: owner.kind == .instance))
    }

    static func update(
        _ key: String, _ parameters: GitLabParameters, in owner: inout GitLabOwner
    ) throws(GitLabError) -> Reply {
        let index: Int
        if owner.kind == .group, let stray = try strayGroupMatch(key, parameters, in: owner) {
            index = stray
        } else {
            index = try existing(key, parameters, in: owner)
        }
        var variable = owner.variables[index]
        try apply(parameters, to: &variable, of: owner.kind)
        if variable.isHidden, !variable.isMasked {
            throw .validation([
                ("base", "The visibility setting cannot be changed for masked and hidden variables.")
            ])
        }
        try validate(variable, at: index, in: owner)
        owner.variables[index] = variable
        return .json(200, variable.rendered(isInstance: owner.kind == .instance))
    }

    static func delete(
        _ key: String, _ parameters: GitLabParameters, from owner: inout GitLabOwner
    ) throws(GitLabError) -> Reply {
        owner.variables.remove(at: try existing(key, parameters, in: owner))
        return .empty(204)
    }

    /// The one variable that key and filter name.
    private static func existing(
        _ key: String, _ parameters: GitLabParameters, in owner: GitLabOwner
    ) throws(GitLabError) -> Int {
        let found = matches(key, parameters, in: owner)
        guard found.count < 2 else { throw .severalScopes }
        guard let index = found.first else { throw .message(404, "\(owner.kind.variableName) Not Found") }
        return index
    }

    /// What a group's PUT changes when its filter names no variable: GitLab then looks again, by the key alone,
    /// and takes the first that it finds, in whatever scope that is.
    private static func strayGroupMatch(
        _ key: String, _ parameters: GitLabParameters, in owner: GitLabOwner
    ) throws(GitLabError) -> Int? {
        guard parameters.scopeFilter != nil, matches(key, parameters, in: owner).isEmpty else { return nil }
        return owner.variables.firstIndex { $0.key == key }
    }

    private static func matches(_ key: String, _ parameters: GitLabParameters, in owner: GitLabOwner) -> [Int] {
        owner.variables.indices.filter { index in
            let variable = owner.variables[index]
            guard variable.key == key else { return false }
            guard owner.kind != .instance, let scope = parameters.scopeFilter else { return true }
            return variable.scope == scope
        }
    }

    private static func apply(
        _ parameters: GitLabParameters, to variable: inout GitLabVariable, of kind: GitLabOwnerKind
    ) throws(GitLabError) {
        if parameters.has("value") { variable.value = try parameters.text("value") }
        if parameters.has("description") { variable.description = try parameters.text("description") }
        if let flag = try parameters.flag("protected") { variable.isProtected = flag }
        if let flag = try parameters.flag("masked") { variable.isMasked = flag }
        if let flag = try parameters.flag("raw") { variable.isRaw = flag }
        if let type = try parameters.text("variable_type") {
            guard ["env_var", "file"].contains(type) else {
                throw .parameter("variable_type does not have a valid value")
            }
            variable.type = type
        }
        if kind != .instance, let scope = try parameters.text("environment_scope") {
            variable.scope = scope.isEmpty ? GitLabVariable.everyScope : scope
        }
    }

    private static func validate(
        _ variable: GitLabVariable, at index: Int?, in owner: GitLabOwner
    ) throws(GitLabError) {
        var complaints = variable.complaints
        let isTaken = owner.variables.indices.contains {
            $0 != index && owner.variables[$0].key == variable.key && owner.variables[$0].scope == variable.scope
        }
        if isTaken { complaints.append(("key", "(\(variable.key)) has already been taken")) }
        guard complaints.isEmpty else { throw .validation(complaints) }
    }
}
