import JSON

/// A refusal of GitHub's REST API: `basic-error` or `validation-error` of its description.
struct GitHubError: Error {
    let status: Int
    let message: String
    var errors: [JSONValue] = []
    var headers: [(name: String, value: String)] = []

    private static let documentation = "https://docs.github.com/rest"

    static let notFound = GitHubError(status: 404, message: "Not Found")
    static let requiresAuthentication = GitHubError(status: 401, message: "Requires authentication")
    static let badCredentials = GitHubError(status: 401, message: "Bad credentials")
    static let unreadableJSON = GitHubError(status: 400, message: "Problems parsing JSON")
    static let noObject = GitHubError(status: 400, message: "Body should be a JSON object")

    /// - Parameter code: one of missing, missing_field, invalid, already_exists, unprocessable, custom.
    static func invalid(_ field: String, code: String = "invalid", message: String? = nil) -> GitHubError {
        var error: [String: JSONValue] = ["resource": "Secret", "field": .string(field), "code": .string(code)]
        if let message { error["message"] = .string(message) }
        return GitHubError(status: 422, message: "Validation Failed", errors: [.object(error)])
    }

    var reply: Reply {
        var body: [String: JSONValue] = [
            "message": .string(message), "documentation_url": .string(Self.documentation), "status": "\(status)",
        ]
        if !errors.isEmpty { body["errors"] = .array(errors) }
        return .json(status, .object(body), type: "application/json; charset=utf-8").adding(headers)
    }
}
