import FoundationEssentials
import JSON

/// What a client sent for an environment variable, filtered as Travis CI's `query.rb` does it.
///
/// Only flat, dotted names count: `env_var.value`. A bare `value` passes and is not used; everything else, the
/// nested form among it, is ignored with a warning.
struct TravisParameters: Sendable {
    private(set) var values: [String: JSONValue] = [:]
    private(set) var warnings: [JSONValue] = []

    private static let bare: Set<String> = ["name", "value", "public", "branch"]
    private static let dotted = Set(bare.map { "env_var." + $0 })
    private static let ours: Set<String> = ["include", "representation"]

    init(_ request: Request) throws(TravisError) {
        var sent = request.query.map { (name: $0.name, value: JSONValue.string($0.value)) }
        if !request.body.isEmpty { sent += try Self.body(of: request) }
        for (name, value) in sent {
            if Self.dotted.contains(name) {
                values[name] = value
            } else if !Self.bare.contains(name), !Self.ours.contains(name) {
                warnings.append([
                    "@type": "warning", "message": "query parameter \(name) not safelisted, ignored",
                    "warning_type": "ignored_parameter", "parameter": .string(name),
                ])
            }
        }
        if let include = request.queryValue("include"),
            include.wholeMatch(of: #/\w+\.@?\w+(,\w+\.@?\w+)*/#) == nil
        {
            throw .wrongParameters
        }
        if let representation = request.queryValue("representation"),
            !["standard", "minimal"].contains(representation)
        {
            throw .wrongParameters
        }
    }

    private static func body(of request: Request) throws(TravisError) -> [(name: String, value: JSONValue)] {
        if request.isJSON {
            guard let object = JSONValue(parsing: request.body)?.object else { throw .wrongParameters }
            return object.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
        }
        let fields =
            request.contentType == "multipart/form-data"
            ? Form.decodeMultipart(request.body, contentType: request.header("Content-Type") ?? "")
            : Form.decode(String(decoding: request.body, as: UTF8.self))
        guard let fields else { throw .wrongParameters }
        return fields.map { (name: $0.name, value: .string($0.value)) }
    }

    var name: String? { values["env_var.name"]?.formText }

    /// Copies what was sent into a variable.
    func apply(to variable: inout TravisVariable) {
        if let name { variable.name = name }
        if let value = values["env_var.value"] { variable.value = value.formText }
        if let isPublic = values["env_var.public"] {
            variable.isPublic = isPublic.bool ?? (isPublic.formText == "true")
        }
        if let branch = values["env_var.branch"] { variable.branch = branch.formText }
    }
}
