import JSON

/// A refusal of Travis CI's API v3 (its `renderer/error.rb`).
struct TravisError: Error {
    let status: Int
    let type: String
    let message: String
    var resource: String?

    static let loginRequired = TravisError(status: 403, type: "login_required", message: "login required")
    static let wrongCredentials = TravisError(status: 403, type: "wrong_credentials", message: "wrong credentials")
    static let wrongParameters = TravisError(status: 400, type: "wrong_params", message: "wrong parameters")
    static let methodNotAllowed = TravisError(
        status: 405, type: "method_not_allowed", message: "method not allowed")
    static let duplicate = TravisError(
        status: 409, type: "duplicate_resource", message: "resource already exists")
    static let unprocessable = TravisError(
        status: 422, type: "unprocessable_entity", message: "request unable to be processed due to semantic errors")
    static let noRoute = TravisError(status: 404, type: "not_found", message: "not found")

    static func notFound(_ resource: String) -> TravisError {
        TravisError(
            status: 404, type: "not_found", message: "\(resource) not found (or insufficient access)",
            resource: resource)
    }

    var reply: Reply {
        var body: [String: JSONValue] = [
            "@type": "error", "error_type": .string(type), "error_message": .string(message),
        ]
        if let resource { body["resource_type"] = .string(resource) }
        return .json(status, .object(body))
    }
}
