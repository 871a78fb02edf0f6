import Foundation
import Synchronization

extension GitHubService {
    func listVariables(_ repository: String, _ request: Request) throws(GitHubError) -> Reply {
        let variables = try variables(of: repository).sorted { $0.name < $1.name }
        let page = page(request, total: variables.count, standard: 10, most: 30)
        return list("variables", page.cut(variables).map(Self.render), page: page, request: request)
    }

    func showVariable(_ name: String, in repository: String) throws(GitHubError) -> Reply {
        guard let variable = try variables(of: repository).first(where: { $0.name == name.uppercased() }) else {
            throw .notFound
        }
        return .json(200, Self.render(variable))
    }

    func createVariable(in repository: String, _ request: Request) throws(GitHubError) -> Reply {
        let body = try object(in: request)
        guard let name = body["name"] else { throw .invalid("name", code: "missing_field") }
        guard let value = body["value"] else { throw .invalid("value", code: "missing_field") }
        let variable = GitHubVariable(
            name: try Self.validName(name), value: try Self.validValue(value), created: Date(), updated: Date())
        try change(repository) { variables throws(GitHubError) in
            guard !variables.contains(where: { $0.name == variable.name }) else {
                throw GitHubError(status: 409, message: "Already exists - Variable already exists")
            }
            variables.append(variable)
        }
        return .json(201, [:])
    }

    func updateVariable(_ name: String, in repository: String, _ request: Request) throws(GitHubError) -> Reply {
        let body = try object(in: request)
        let newName: String? = if let name = body["name"] { try Self.validName(name) } else { nil }
        let value: String? = if let value = body["value"] { try Self.validValue(value) } else { nil }
        try change(repository) { variables throws(GitHubError) in
            guard let index = variables.firstIndex(where: { $0.name == name.uppercased() }) else { throw .notFound }
            if let newName, newName != variables[index].name {
                guard !variables.contains(where: { $0.name == newName }) else {
                    throw GitHubError(status: 409, message: "Already exists - Variable already exists")
                }
                variables[index].name = newName
            }
            if let value { variables[index].value = value }
            variables[index].updated = Date()
        }
        return .empty(204)
    }

    func deleteVariable(_ name: String, from repository: String) throws(GitHubError) -> Reply {
        try change(repository) { variables throws(GitHubError) in
            guard let index = variables.firstIndex(where: { $0.name == name.uppercased() }) else { throw .notFound }
            variables.remove(at: index)
        }
        return .empty(204)
    }

    private func variables(of repository: String) throws(GitHubError) -> [GitHubVariable] {
        try world.github.withLock { github throws(GitHubError) in
            try github.changeVariables(of: repository) { variables throws(GitHubError) in variables }
        }
    }

    private func change(
        _ repository: String, _ body: (inout [GitHubVariable]) throws(GitHubError) -> Void
    ) throws(GitHubError) {
        try world.github.withLock { github throws(GitHubError) in
            try github.changeVariables(of: repository, body)
        }
    }

    private static func validName(_ json: JSON) throws(GitHubError) -> String {
        guard let name = json.string else { throw .invalid("name") }
        if let complaint = complaint(aboutName: name) { throw .invalid("name", code: "custom", message: complaint) }
        return name.uppercased()
    }

    private static func validValue(_ json: JSON) throws(GitHubError) -> String {
        guard let value = json.string else { throw .invalid("value") }
        return value
    }

    private static func render(_ variable: GitHubVariable) -> JSON {
        [
            "name": .string(variable.name), "value": .string(variable.value),
            "created_at": .string(Timestamp.text(variable.created)),
            "updated_at": .string(Timestamp.text(variable.updated)),
        ]
    }
}
