import PusherKit

/// What may hold keys below a group, or on the instance: variables of groups and projects in all their scopes, and those of
/// pipeline schedules. GitLab shows values to whoever may write them, but for hidden variables.
extension GitLabCI {
    /// The scope that is the whole instance.
    private static let instance = "*"

    func find(below scope: Scope, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        if let project = scope.text("project") {
            return try find(inProject: project, state: scope.text("state") ?? "", finder, call: call)
        }
        if let group = scope.text("group") { return try find(in: .group(group), finder, call: call) }
        if scope.name == Self.instance { return try find(onInstance: finder, call: call) }
        let target = Target(finding: .group(scope.name))
        let groups: [ListedGroup]
        do throws(PushFailure) {
            groups = try client.all(
                ["api", "v4", "groups", scope.name, "descendant_groups"], for: target, call: call)
        } catch {
            guard case .notFound = error.reason, scope.name.has("/") else { throw error }
            let project = try project(scope.name, call: call)
            return try find(inProject: project.path, state: project.state, finder, call: call)
        }
        try find(belowGroup: scope.name, groups, target, finder, call: call)
    }

    private func find(
        belowGroup name: String, _ groups: [ListedGroup], _ target: Target, _ finder: borrowing Finder,
        call: borrowing Call
    ) throws(PushFailure) {
        for group in groups { finder.scope(group.path, [("group", group.path)]) }
        let projects: [ListedProject]? = try finder.seen("projects of group \(name)") { () throws(PushFailure) in
            // Without with_shared=false projects come along that other groups have lent to this one.
            try client.all(
                ["api", "v4", "groups", name, "projects"], [("include_subgroups", "true"), ("with_shared", "false")],
                for: target, call: call)
        }
        report(projects ?? [], finder)
        try find(in: .group(name), finder, call: call)
    }

    private func find(onInstance finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        let target = Target(finding: .instance)
        let projects = try client.projects(for: target, call: call)
        let groups: [ListedGroup]? = try finder.seen("groups of the instance") { () throws(PushFailure) in
            try client.all(["api", "v4", "groups"], [("all_available", "true")], for: target, call: call)
        }
        for group in groups ?? [] { finder.scope(group.path, [("group", group.path)]) }
        report(projects, finder)
        try find(in: .instance, finder, call: call)
    }

    private func report(_ projects: [ListedProject], _ finder: borrowing Finder) {
        for project in projects {
            finder.scope(project.path, [("project", project.path), ("state", project.state)])
        }
    }

    private func project(_ name: String, call: borrowing Call) throws(PushFailure) -> ListedProject {
        let target = Target(finding: .project(name))
        let response = try call.http(client.request(.get, ["api", "v4", "projects", name]), about: target.subject())
        guard response.isYes(200), let project = response.json(ListedProject.self) else {
            throw client.rejection(response, for: target, call: call)
        }
        return project
    }

    private func find(
        inProject project: String, state: String, _ finder: borrowing Finder, call: borrowing Call
    ) throws(PushFailure) {
        try find(in: .project(project), state: state, finder, call: call)
        let target = Target(finding: .project(project))
        let path = ["api", "v4", "projects", project, "pipeline_schedules"]
        let schedules: [Schedule]? = try finder.seen("pipeline schedules of \(project)") { () throws(PushFailure) in
            try client.all(path, for: target, call: call)
        }
        for listed in schedules ?? [] {
            let name = "\(project) (schedule \(oneLine(listed.description, limit: 60)))"
            let schedule: Schedule? = try finder.seen("variables of \(name)") { () throws(PushFailure) in
                let response = try call.http(client.request(.get, path + ["\(listed.id)"]), about: target.subject())
                guard response.isYes(200), let schedule = response.json(Schedule.self) else {
                    throw client.rejection(response, for: target, call: call)
                }
                guard schedule.values != nil else {
                    throw PushFailure(
                        .unauthorized, "only role Maintainer of the project and the schedule's owner may read them")
                }
                return schedule
            }
            for entry in keyEntries((schedule?.values ?? []).map { $0.listed }) {
                var found = FoundPlace(oneLine(name, limit: 290), [], keyID: entry.accessKeyID)
                found.names = entry.names
                found.level = Level.schedule
                found.state = state.isEmpty && !listed.isActive ? "the schedule is inactive" : state
                finder.report(found)
            }
        }
    }

    /// The variables of one place: those of each environment scope by themselves.
    private func find(
        in place: Place, state: String = "", _ finder: borrowing Finder, call: borrowing Call
    ) throws(PushFailure) {
        let target = Target(finding: place)
        let variables: [Variable]? = try finder.seen("variables of \(place)") { () throws(PushFailure) in
            try client.all(place.path, for: target, call: call)
        }
        var scopes: [String] = []
        for variable in variables ?? [] where !scopes.contains(variable.environmentScope ?? "*") {
            scopes.append(variable.environmentScope ?? "*")
        }
        for scope in scopes {
            let own = (variables ?? []).filter { $0.environmentScope ?? "*" == scope }
            let files = Set(own.filter { $0.type == "file" }.map { $0.key })
            let shown = scope == "*" ? place.description : "\(place) (scope \(scope))"
            for entry in keyEntries(own.map { $0.listed }) {
                var found = FoundPlace(
                    oneLine(shown, limit: 290), place.fields(of: entry, scope, files), keyID: entry.accessKeyID)
                found.names = entry.names
                found.state = state
                found.level = Level.of(place) + (scope == "*" ? 0 : 1)
                finder.report(found)
            }
        }
    }
}

/// Which variable wins: a schedule's over the project's over the nearest group's over the instance's, and in one place the one of a
/// narrower scope.
private enum Level {
    static let schedule: Int32 = 20_000

    static func of(_ place: Place) -> Int32 {
        switch place {
        case .instance: 1
        case .group(let path): 10 + 2 * Int32(min(path.split(separator: "/").count, 1_000))
        case .project: 10_000
        }
    }
}

extension Variable {
    /// Nothing of the value but the key IDs in it. A hidden variable's cannot be read.
    fileprivate var listed: ListedName { value.map { ListedName(key, value: $0) } ?? ListedName(key) }
}

extension Place {
    /// The fields of a target that would be it; none for a value that no target writes.
    fileprivate func fields(
        of entry: KeyEntry, _ scope: String, _ files: Set<String>
    ) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = id.map { [(field?.name ?? "project", $0)] } ?? []
        if case .instance = self {
            fields.append(("instance", "true"))
        } else {
            fields.append(("environment-scope", scope))
        }
        guard !entry.isFile else {
            guard let key = entry.keyID?.name, files.contains(key) else { return [] }
            return fields + [("shape", "credentials-file"), ("credentials-file", key), ("profile", entry.profile)]
        }
        fields.append(("shape", "pair"))
        if let key = entry.keyID?.name { fields.append(("access-key-id", key)) }
        if let key = entry.secret?.name { fields.append(("secret-access-key", key)) }
        return fields
    }
}
