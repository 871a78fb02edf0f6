internal import JSON

/// One reply of the fixture: to which requests, and what it does to the service's state.
struct Rule: @unchecked Sendable {
    // Unchecked for the expression, which is a value that no one changes.
    let method: String
    let path: Regex<AnyRegexOutput>
    /// Only where something is kept under this key.
    let onlyIf: String?
    /// Only where nothing is kept under this key.
    let unless: String?
    let status: Int
    /// Whether the request asks and changes nothing, whatever its method.
    let isQuestion: Bool
    let headers: [(name: String, value: String)]
    let body: JSONValue?
    /// A body that is not JSON, which is sent as it is.
    let text: JSONValue?
    let store: (key: String, value: JSONValue)?

    init(_ json: JSONValue, number: Int) throws(FixtureError) {
        func wrong(_ what: String) -> FixtureError { FixtureError("replies[\(number)]: \(what)") }
        let known: Set = [
            "method", "path", "aws", "if", "unless", "status", "headers", "body", "text", "store", "asks",
        ]
        guard let members = json.object else { throw wrong("it is not an object") }
        if let name = members.keys.sorted().first(where: { !known.contains($0) }) {
            throw wrong("unknown field `\(name)`")
        }
        let (method, path) = try Self.requests(json, wrong)
        guard let status = json["status"]?.integer, (100...599).contains(status) else {
            throw wrong("`status` is missing, or no HTTP status")
        }
        self.method = method
        self.path = path
        self.status = Int(status)
        isQuestion = json["asks"] == .bool(true)
        onlyIf = json["if"]?.string
        unless = json["unless"]?.string
        headers = (json["headers"]?.object ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value.string ?? "") }
        body = json["body"]
        text = json["text"]
        guard body == nil || text == nil else { throw wrong("give `body` or `text`") }
        guard let store = json["store"] else {
            self.store = nil
            return
        }
        guard let key = store["key"]?.string, let value = store["value"] else {
            throw wrong("`store` needs `key` and `value`")
        }
        self.store = (key, value)
    }

    /// For which method and path: as they are written, or those that stand for an operation of AWS.
    private static func requests(
        _ json: JSONValue, _ wrong: (String) -> FixtureError
    ) throws(FixtureError) -> (String, Regex<AnyRegexOutput>) {
        if let operation = json["aws"]?.string {
            guard AWSNames.isOperation(operation), let path = try? Regex("/\(operation)") else {
                throw wrong("`aws` is not an operation that keyturn signs, such as ssm:PutParameter")
            }
            guard json["method"] == nil, json["path"] == nil else {
                throw wrong("`aws` replaces `method` and `path`: leave them out")
            }
            return (Request(operation: operation, region: "").method, path)
        }
        guard let method = json["method"]?.string else { throw wrong("`method` is missing") }
        guard let pattern = json["path"]?.string, let path = try? Regex(pattern) else {
            throw wrong("`path` is missing, or no regular expression")
        }
        return (method, path)
    }

    /// What the path's groups captured, the whole path first; nil: the rule is for other requests.
    func captures(_ method: String, _ path: String) -> [String]? {
        guard method == self.method, let match = try? self.path.wholeMatch(in: path) else { return nil }
        return match.output.map { $0.substring.map(String.init) ?? "" }
    }

    func applies(_ template: Template, to kept: [String: JSONValue]) -> Bool {
        if let onlyIf, kept[template.text(onlyIf)] == nil { return false }
        if let unless, kept[template.text(unless)] != nil { return false }
        return true
    }
}

/// What is wrong with a conformance.json.
struct FixtureError: Error {
    var description: String
    init(_ description: String) { self.description = description }
}
