import Configuration
import JSON
import JSONSchema

/// What the manifests of the first-party plugins say, as far as the configuration must know it.
enum Plugins {
    static let all = ["travis-ci": travis, "gitlab-ci": gitlab, "github-actions": github, "open": open, "hook": hook]

    private static let configuration = #"""
        {"type": "object", "additionalProperties": false, "required": ["token"], "properties": {
            "token": {"type": "string", "minLength": 1, "pattern": "^[!-~]{8,}$"},
            "endpoint": {"type": "string", "minLength": 1, "default": "https://service.example"}}}
        """#

    private static let variables = #"""
        "access-key-id": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "default": "AWS_ACCESS_KEY_ID"},
        "secret-access-key": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "default": "AWS_SECRET_ACCESS_KEY"}
        """#

    static let travis = describe(
        required: ["repository", "access-key-id", "secret-access-key"], oneOf: [],
        properties:
            #""repository": {"type": ["string", "integer"], "pattern": "^([0-9]+|[^/\\s]+/[^/\\s]+)$", "description": "The repository, as owner/name."}, "branch": {"type": "string", "minLength": 1}"#,
        place: ["repository", "branch"], exclusive: ["repository"])

    static let gitlab = describe(
        required: ["access-key-id", "secret-access-key"], oneOf: ["project", "group", "instance"],
        properties: #"""
            "project": {"type": ["string", "integer"], "pattern": "^([0-9]+|[^/\\s]+(/[^/\\s]+)+)$"},
            "group": {"type": ["string", "integer"]}, "instance": {"type": "boolean", "enum": [true]},
            "environment-scope": {"type": "string", "minLength": 1, "default": "*"},
            "masked": {"type": "boolean"}, "protected": {"type": "boolean"},
            "shape": {"type": "string", "enum": ["pair", "credentials-file"], "default": "pair"},
            "credentials-file": {"type": "string", "default": "AWS_SHARED_CREDENTIALS_FILE"}
            """#,
        place: ["project", "group", "instance", "environment-scope"], exclusive: [],
        shapes: ["credentials-file": ["credentials-file"]])

    static let github = describe(
        required: ["access-key-id", "secret-access-key"], oneOf: ["repository", "organization"],
        properties: #"""
            "repository": {"type": "string", "pattern": "^[^/\\s]+/[^/\\s]+$"},
            "environment": {"type": "string", "minLength": 1}, "organization": {"type": "string"},
            "kind": {"type": "string", "enum": ["actions", "dependabot", "codespaces"], "default": "actions"}
            """#,
        place: ["repository", "environment", "organization", "kind"], exclusive: [])

    /// A plugin of someone else, whose manifest says as little as possible.
    static let open = PluginDescription(
        configuration: Schema(.bool(true)), target: Schema(.bool(true)), secrets: [], place: [], exclusive: [])

    /// One whose address may be a secret.
    static let hook = PluginDescription(
        configuration: Schema(
            json(
                #"{"type": "object", "properties": {"token": {"type": "string"}, "endpoint": {"type": "string", "writeOnly": true}}}"#
            )),
        target: Schema(.bool(true)), secrets: ["token"], place: ["path"], exclusive: [])

    private static func describe(
        required: [String], oneOf: [String], properties: String, place: [String], exclusive: [String],
        shapes: [String: [String]] = [:]
    ) -> PluginDescription {
        var target: [String: JSONValue] = [
            "type": .string("object"), "additionalProperties": .bool(false),
            "required": .array(required.map { .string($0) }), "properties": json("{\(properties), \(variables)}"),
        ]
        if !oneOf.isEmpty {
            target["oneOf"] = .array(oneOf.map { .object(["required": .array([.string($0)])]) })
        }
        return PluginDescription(
            configuration: Schema(json(configuration)), target: Schema(.object(target)), secrets: ["token"],
            place: place, exclusive: exclusive, shapes: shapes)
    }

    private static func json(_ text: String) -> JSONValue { (try? JSONValue(parsing: text)) ?? .null }
}
