import FoundationEssentials
import JSON

/// The parameters of a request, from its body and its query string; the body wins.
struct GitLabParameters: Sendable {
    private let values: [String: JSONValue]
    /// The scope that `filter[environment_scope]` names, in the query, a form or nested in JSON.
    let scopeFilter: String?

    init(_ request: Request) throws(GitLabError) {
        var values: [String: JSONValue] = [:]
        for (name, value) in request.query { values[name] = .string(value) }
        for (name, value) in try Self.body(of: request) { values[name] = value }
        scopeFilter =
            values["filter[environment_scope]"]?.formText ?? values["filter"]?.object?["environment_scope"]?.formText
        self.values = values
    }

    private static func body(of request: Request) throws(GitLabError) -> [String: JSONValue] {
        guard !request.body.isEmpty else { return [:] }
        if request.isJSON {
            guard let json = JSONValue(parsing: request.body) else {
                throw .parameter("There was a problem in the JSON you submitted")
            }
            guard let object = json.object else { throw .parameter("The JSON body must be an object") }
            return object
        }
        let fields: [(name: String, value: String)]?
        switch request.contentType {
        case "multipart/form-data":
            fields = Form.decodeMultipart(request.body, contentType: request.header("Content-Type") ?? "")
        case "application/x-www-form-urlencoded", "":
            fields = Form.decode(String(decoding: request.body, as: UTF8.self))
        default:
            throw GitLabError(
                status: 415,
                body: ["error": .string("The provided content-type '\(request.contentType)' is not supported.")])
        }
        guard let fields else { throw .parameter("The body could not be parsed") }
        return Dictionary(fields.map { ($0.name, JSONValue.string($0.value)) }) { $1 }
    }

    func has(_ name: String) -> Bool { values[name] != nil }

    /// Throws when a parameter that the endpoint requires was not sent; null is sent.
    func require(_ names: [String]) throws(GitLabError) {
        let missing = names.filter { values[$0] == nil }
        guard missing.isEmpty else {
            throw .parameter(missing.map { "\($0) is missing" }.joined(separator: ", "))
        }
    }

    func text(_ name: String) throws(GitLabError) -> String? {
        switch values[name] {
        case nil, .null: return nil
        case .array, .object: throw .parameter("\(name) is invalid")
        case let value?: return value.formText
        }
    }

    func flag(_ name: String) throws(GitLabError) -> Bool? {
        guard let text = try text(name), !text.isEmpty else { return nil }
        switch text.lowercased() {
        case "true", "t", "1", "on": return true
        case "false", "f", "0", "off": return false
        default: throw .parameter("\(name) is invalid")
        }
    }

    func positive(_ name: String, default standard: Int) throws(GitLabError) -> Int {
        guard let text = try text(name) else { return standard }
        guard let number = Int(text) else { throw .parameter("\(name) is invalid") }
        guard number > 0 else { throw .parameter("\(name) does not have a valid value") }
        return number
    }
}
