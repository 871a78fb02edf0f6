import FoundationEssentials
import JSON
import Synchronization

extension GitHubService {
    func listVariables(_ place: GitHubPlace, _ request: Request) throws(GitHubError) -> Reply {
        let variables = try variables(of: place).sorted { $0.name < $1.name }
        let page = page(request, total: variables.count, standard: 10, most: 30)
        let items = page.cut(variables).map { render($0, in: place, request) }
        return list("variables", items, page: page, request: request)
    }

    func showVariable(_ name: String, in place: GitHubPlace, _ request: Request) throws(GitHubError) -> Reply {
        .json(200, render(try variable(name, in: place), in: place, request))
    }

    func variableRepositories(
        _ name: String, in place: GitHubPlace, _ request: Request
    ) throws(GitHubError) -> Reply {
        try repositories(try variable(name, in: place).access, request)
    }

    func createVariable(in place: GitHubPlace, _ request: Request) throws(GitHubError) -> Reply {
        try refuseArchived(place)
        let body = try object(in: request)
        guard let name = body["name"] else { throw .invalid("name", code: "missing_field") }
        guard let value = body["value"] else { throw .invalid("value", code: "missing_field") }
        let variable = GitHubVariable(
            name: try Self.validName(name), value: try Self.validValue(value), created: Date(), updated: Date(),
            access: try access(body, place))
        try change(place) { variables throws(GitHubError) in
            guard !variables.contains(where: { $0.name == variable.name }) else {
                throw GitHubError(status: 409, message: "Already exists - Variable already exists")
            }
            variables.append(variable)
        }
        return .json(201, [:])
    }

    func updateVariable(_ name: String, in place: GitHubPlace, _ request: Request) throws(GitHubError) -> Reply {
        try refuseArchived(place)
        let former = try variable(name, in: place).access
        let body = try object(in: request)
        let newName: String? = if let name = body["name"] { try Self.validName(name) } else { nil }
        let value: String? = if let value = body["value"] { try Self.validValue(value) } else { nil }
        let access = try access(body, place, former: former)
        try change(place) { variables throws(GitHubError) in
            guard let index = variables.firstIndex(where: { $0.name == name.uppercased() }) else { throw .notFound }
            if let newName, newName != variables[index].name {
                guard !variables.contains(where: { $0.name == newName }) else {
                    throw GitHubError(status: 409, message: "Already exists - Variable already exists")
                }
                variables[index].name = newName
            }
            if let value { variables[index].value = value }
            // Whether GitHub keeps what is not said again is not documented: here it ends.
            variables[index].access = access
            variables[index].updated = Date()
        }
        return .empty(204)
    }

    func deleteVariable(_ name: String, from place: GitHubPlace) throws(GitHubError) -> Reply {
        try change(place) { variables throws(GitHubError) in
            guard let index = variables.firstIndex(where: { $0.name == name.uppercased() }) else { throw .notFound }
            variables.remove(at: index)
        }
        return .empty(204)
    }

    private func variable(_ name: String, in place: GitHubPlace) throws(GitHubError) -> GitHubVariable {
        guard let variable = try variables(of: place).first(where: { $0.name == name.uppercased() }) else {
            throw .notFound
        }
        return variable
    }

    private func variables(of place: GitHubPlace) throws(GitHubError) -> [GitHubVariable] {
        try world.github.withLock { github throws(GitHubError) in
            try github.change(place) { shelf throws(GitHubError) in shelf.variables }
        }
    }

    private func change(
        _ place: GitHubPlace, _ body: (inout [GitHubVariable]) throws(GitHubError) -> Void
    ) throws(GitHubError) {
        try world.github.withLock { github throws(GitHubError) in
            try github.change(place) { shelf throws(GitHubError) in try body(&shelf.variables) }
        }
    }

    private static func validName(_ json: JSONValue) throws(GitHubError) -> String {
        guard let name = json.string else { throw .invalid("name") }
        if let complaint = complaint(aboutName: name) { throw .invalid("name", code: "custom", message: complaint) }
        return name.uppercased()
    }

    private static func validValue(_ json: JSONValue) throws(GitHubError) -> String {
        guard let value = json.string else { throw .invalid("value") }
        return value
    }

    func render(_ variable: GitHubVariable, in place: GitHubPlace, _ request: Request) -> JSONValue {
        var body: [String: JSONValue] = [
            "name": .string(variable.name), "value": .string(variable.value),
            "created_at": .string(Timestamp.text(variable.created)),
            "updated_at": .string(Timestamp.text(variable.updated)),
        ]
        if case .organization(let login) = place {
            let url = "\(request.base)/orgs/\(login)/actions/variables/\(variable.name)/repositories"
            body.merge(render(variable.access, list: url)) { _, new in new }
        }
        return .object(body)
    }
}
