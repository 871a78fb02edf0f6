import JSON

/// A refusal of GitLab's API, with the body that its Grape endpoints send.
struct GitLabError: Error {
    let status: Int
    let body: JSONValue

    static func message(_ status: Int, _ text: String) -> GitLabError {
        GitLabError(status: status, body: ["message": .string("\(status) \(text)")])
    }

    /// A parameter that the endpoint's declaration refuses.
    static func parameter(_ text: String) -> GitLabError {
        GitLabError(status: 400, body: ["error": .string(text)])
    }

    /// What the model says about each field.
    static func validation(_ complaints: [(field: String, message: String)]) -> GitLabError {
        let fields = Dictionary(grouping: complaints, by: \.field).mapValues { complaints in
            JSONValue.array(complaints.map { .string($0.message) })
        }
        return GitLabError(status: 400, body: ["message": .object(fields)])
    }

    static let unauthorized = message(401, "Unauthorized")
    static let noRoute = GitLabError(status: 404, body: ["error": "404 Not Found"])
    static let methodNotAllowed = GitLabError(status: 405, body: ["error": "405 Not Allowed"])
    static let severalScopes = GitLabError(
        status: 409,
        body: [
            "message":
                "There are multiple variables with provided parameters. Please use 'filter[environment_scope]'"
        ])

    var reply: Reply { .json(status, body) }
}
