import FoundationEssentials
import JSON
import Synchronization

/// What is found below a group, or on the instance.
extension GitLabService {
    /// - Returns: nil for other paths.
    func find(_ request: Request) throws(GitLabError) -> Reply? {
        let segments = request.segments.compactMap(\.removingPercentEncoding)
        guard segments.starts(with: ["api", "v4"]) else { return nil }
        let instance = world.gitlab.withLock { $0 }
        let parameters = try GitLabParameters(request)
        func owner(_ kind: GitLabOwnerKind, _ name: String) throws(GitLabError) -> GitLabOwner {
            guard let index = instance.index(of: kind, name) else { throw .message(404, "\(kind.title) Not Found") }
            return instance[index]
        }
        let path = Array(segments.dropFirst(2))
        switch (path.first, path.count) {
        case ("projects", 1):
            let after = request.queryValue("id_after").flatMap { Int($0) } ?? 0
            let projects = instance.owners.filter { $0.kind == .project && $0.id > after }.sorted { $0.id < $1.id }
            return try Self.page(of: projects.map(Self.project), parameters, request)
        case ("groups", 1):
            return try Self.page(of: instance.owners.filter { $0.kind == .group }.map(Self.group), parameters, request)
        case ("groups", 3) where path[2] == "projects" || path[2] == "descendant_groups":
            let top = try owner(.group, path[1])
            let kind: GitLabOwnerKind = path[2] == "projects" ? .project : .group
            let below = instance.owners.filter {
                $0.kind == kind && $0.path.lowercased().hasPrefix(top.path.lowercased() + "/")
            }
            return try Self.page(of: below.map(kind == .project ? Self.project : Self.group), parameters, request)
        case ("projects", 3) where path[2] == "pipeline_schedules":
            let schedules = try owner(.project, path[1]).schedules
            return try Self.page(of: schedules.map { Self.schedule($0, isWhole: false) }, parameters, request)
        case ("projects", 4) where path[2] == "pipeline_schedules":
            let schedule = try owner(.project, path[1]).schedules.first { String($0.id) == path[3] }
            guard let schedule else { throw .message(404, "Pipeline Schedule Not Found") }
            return .json(200, Self.schedule(schedule, isWhole: true))
        default: return nil
        }
    }

    static func project(_ owner: GitLabOwner) -> JSONValue {
        let name = owner.path.split(separator: "/").last.map(String.init) ?? ""
        return [
            "id": .int(owner.id), "name": .string(name), "path": .string(name),
            "path_with_namespace": .string(owner.path), "archived": .bool(owner.isArchived),
            "builds_access_level": "enabled", "jobs_enabled": true,
        ]
    }

    static func group(_ owner: GitLabOwner) -> JSONValue {
        let name = owner.path.split(separator: "/").last.map(String.init) ?? ""
        return [
            "id": .int(owner.id), "name": .string(name), "path": .string(name), "full_path": .string(owner.path),
        ]
    }

    /// The list shows no variables, and the answer about one only to whoever may read them.
    private static func schedule(_ schedule: GitLabSchedule, isWhole: Bool) -> JSONValue {
        var fields: [String: JSONValue] = [
            "id": .int(schedule.id), "description": .string(schedule.description), "ref": "main", "cron": "0 1 * * *",
            "active": .bool(schedule.isActive),
        ]
        if isWhole, schedule.isReadable {
            fields["variables"] = .array(
                schedule.variables.map {
                    ["variable_type": "env_var", "key": .string($0.key), "value": .string($0.value), "raw": false]
                })
        }
        return .object(fields)
    }
}
