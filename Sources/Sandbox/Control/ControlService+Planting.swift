import FoundationEssentials
import JSON
import Synchronization

/// Puts variables and secrets into places, as someone's hand would have done long ago: without the services' own paths, and many
/// at once.
extension ControlService {
    /// A list of what to plant; places that are not there are made.
    func plant(_ request: Request) throws(Refusal) -> Reply {
        guard let list = JSONValue(parsing: request.body)?.array else {
            throw Refusal(status: 400, message: "the body must be a list")
        }
        for item in list {
            guard let fields = item.object, let place = fields["place"]?.string else {
                throw Refusal(status: 400, message: "place is missing")
            }
            switch fields["service"]?.string {
            case "aws": plantKey(place, fields)
            case "github": try plantGitHub(place, fields)
            case "gitlab": plantGitLab(place, fields)
            case "travis": plantTravis(place, fields)
            default: throw Refusal(status: 400, message: "service must be one of aws, travis, gitlab, github")
            }
        }
        return .empty(204)
    }

    /// A key's last use, N seconds ago, and its status.
    private func plantKey(_ id: String, _ fields: [String: JSONValue]) {
        world.account.withLock { account in
            if let seconds = fields["used"]?.int {
                let date = world.awsNow.addingTimeInterval(Double(-seconds))
                account.recordUse(ofKey: id, AccessKey.Use(date: date, service: "s3", region: "us-west-2"))
            }
            if let text = fields["status"]?.string, let status = AccessKey.Status(rawValue: text),
                let user = account.user(owning: id)
            {
                try? account.setStatus(status, ofKey: id, of: user.name)
            }
        }
    }

    private func plantGitHub(_ name: String, _ fields: [String: JSONValue]) throws(Refusal) {
        let parts = name.split(separator: "@", maxSplits: 1).map(String.init)
        let now = Date().addingTimeInterval(Double(fields["age"]?.int ?? 0) * -1)
        let selected = fields["repositories"]?.array?.compactMap(\.string) ?? []
        let done: Void? = world.github.withLock { github in
            for repository in selected where github.index(ofRepository: repository) == nil {
                github.addRepository(repository)
            }
            let access = GitHubAccess(
                visibility: fields["visibility"]?.string,
                repositories: selected.compactMap { try? github.repository($0).id })
            let isOrganization = !name.contains("/")
            if isOrganization, !github.organizations.contains(where: { $0.login == name }) {
                github.addOrganization(name)
            }
            if !isOrganization, github.index(ofRepository: parts[0]) == nil { github.addRepository(parts[0]) }
            if parts.count == 2,
                (try? github.repository(parts[0]))?.environments.contains(where: { $0.name == parts[1] }) != true
            {
                github.addEnvironment(parts[1], to: parts[0])
            }
            if fields["archived"]?.bool == true { github.archive(parts[0]) }
            if let enabled = fields["actions"]?.string { github.setActions(enabled, [], of: name) }
            guard let key = fields["name"]?.string else { return () }
            let place: GitHubPlace =
                isOrganization
                ? .organization(name)
                : parts.count == 2 ? .environment(parts[1], repository: parts[0]) : .repository(name)
            let kind = GitHubKind(rawValue: fields["kind"]?.string ?? "actions") ?? .actions
            let value = fields["value"]?.string ?? ""
            return try? github.change(place) { shelf throws(GitHubError) in
                if fields["variable"]?.bool == true {
                    let variable = GitHubVariable(name: key, value: value, created: now, updated: now, access: access)
                    if kind == .agents {
                        shelf.agentVariables.append(variable)
                    } else {
                        shelf.variables.append(variable)
                    }
                } else {
                    _ = shelf[kind].put(
                        GitHubSecret(name: key, value: value, created: now, updated: now, access: access))
                }
            }
        }
        if done == nil { throw Refusal(status: 400, message: "\(name) takes no such thing") }
    }

    private func plantGitLab(_ name: String, _ fields: [String: JSONValue]) {
        world.gitlab.withLock { gitlab in
            let kind: GitLabOwnerKind =
                name == "instance"
                ? .instance : fields["group"]?.bool == true || !name.contains("/") ? .group : .project
            if gitlab.index(of: kind, name) == nil {
                if kind == .group { gitlab.addGroup(name) } else { gitlab.addProject(name) }
            }
            guard let index = gitlab.index(of: kind, name) else { return }
            if fields["archived"]?.bool == true { gitlab[index].isArchived = true }
            guard let key = fields["name"]?.string else { return }
            let value = fields["value"]?.string ?? ""
            if let text = fields["schedule"]?.string {
                var schedule =
                    gitlab[index].schedules.first { $0.description == text }
                    ?? GitLabSchedule(id: 1 + gitlab[index].schedules.count, description: text)
                schedule.isReadable = fields["readable"]?.bool ?? true
                schedule.isActive = fields["active"]?.bool ?? true
                schedule.variables.append((key, value))
                gitlab[index].schedules.removeAll { $0.description == text }
                gitlab[index].schedules.append(schedule)
                return
            }
            var variable = GitLabVariable(key: key, value: value)
            variable.type = fields["type"]?.string ?? "env_var"
            variable.scope = fields["scope"]?.string ?? "*"
            variable.isHidden = fields["hidden"]?.bool ?? false
            variable.isMasked = variable.isHidden
            gitlab[index].variables.append(variable)
        }
    }

    private func plantTravis(_ name: String, _ fields: [String: JSONValue]) {
        world.travis.withLock { travis in
            if name.contains("/"), travis.repository(name) == nil { travis.addRepository(name) }
            if let isActive = fields["active"]?.bool { travis.setActive(isActive, name) }
            guard let key = fields["name"]?.string else { return }
            let variable = TravisVariable(
                id: Random.uuid(), name: key, value: fields["value"]?.string, isPublic: fields["public"]?.bool ?? false,
                branch: fields["branch"]?.string)
            guard let repository = travis.repository(name) else {
                travis.accounts[name, default: []].append(variable)
                return
            }
            travis.write(repository.variables + [variable], to: repository.id)
        }
    }
}
