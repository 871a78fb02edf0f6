import Foundation
import JSON
import JSONSchema
import Yams

/// A vendor's API as it is documented, and what is wrong with a request by it.
struct Contract: Sendable {
    /// One method of one path.
    struct Operation: Hashable, Sendable {
        let method: String
        let path: String
    }

    let document: JSONValue

    /// By the plugin's library; empty where the contracts are not next to the repository.
    static func of(_ library: String) -> [Contract] {
        switch library {
        case "TravisCI": [travis, Contract("travis-find")].compactMap { $0 }
        case "CircleCI": [Contract("circleci")].compactMap { $0 }
        case "Bitbucket": [Contract("bitbucket")].compactMap { $0 }
        case "Buildkite": [Contract("buildkite")].compactMap { $0 }
        case "AzureDevOps": [Contract("azure-devops"), Contract("azure-devops-find")].compactMap { $0 }
        case "Forgejo": [Contract("forgejo"), Contract("forgejo-find")].compactMap { $0 }
        case "Jenkins": [Contract("jenkins"), Contract("jenkins-find")].compactMap { $0 }
        case "Kubernetes": [Contract("kubernetes-secrets"), Contract("kubernetes-secrets-find")].compactMap { $0 }
        case "VaultKV": [Contract("vault-kv"), Contract("vault-kv-find")].compactMap { $0 }
        case "TerraformCloud": [Contract("terraform-cloud")].compactMap { $0 }
        case "GitLabCI": [gitlab, Contract("gitlab-find")].compactMap { $0 }
        default: []
        }
    }

    /// What stands between a plugin's endpoint and the paths of its contract.
    static func prefix(of library: String) -> String { library == "VaultKV" ? "/v1" : "" }

    /// What is wrong with a request by the contract that knows its operation; empty: nothing. Where two know it, as a list and what is in
    /// it may have one path, the one that it fits better.
    static func violations(of request: Recorded, below endpoint: String, in contracts: [Contract]) -> [String] {
        let path = String(request.url.dropFirst(endpoint.count).prefix { $0 != "?" })
        let knowing = contracts.filter { $0.operation(request.method, path) != nil }
        let found = (knowing.isEmpty ? Array(contracts.prefix(1)) : knowing).map {
            $0.violations(of: request, below: endpoint)
        }
        return found.min { $0.count < $1.count } ?? []
    }

    /// What GitHub documents of lists. Of writes the stored parts leave too much out to hold every request to them.
    static let gitHubLists = [Contract("github-actions"), Contract("github-find")].compactMap { $0 }

    static let travis = Contract("travis-env-vars")
    static let gitlab = Contract("gitlab-ci-variables")

    private init?(_ name: String) {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        // Lists that only `find` asks for are described next to the tests.
        let own = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../Contracts")
        let files = [root.appending(path: "shared/contracts"), own].map {
            $0.appending(path: "\(name).openapi.yaml").standardizedFileURL
        }
        guard let text = files.lazy.compactMap({ try? String(contentsOf: $0, encoding: .utf8) }).first,
            let any = try? Yams.load(yaml: text)
        else { return nil }
        document = Self.json(any)
    }

    /// The statuses that an operation documents.
    func statuses(of operation: Operation) -> [UInt32] {
        let responses = document["paths"]?[operation.path]?[operation.method.lowercased()]?["responses"]?.object ?? [:]
        return responses.keys.compactMap { UInt32($0) }.sorted()
    }

    /// What is wrong with a request; empty: nothing.
    func violations(of request: Recorded, below endpoint: String) -> [String] {
        guard request.url.hasPrefix(endpoint + "/") else { return ["not below \(endpoint)"] }
        let parts = request.url.dropFirst(endpoint.count).split(separator: "?", maxSplits: 1)
        guard let operation = operation(request.method, String(parts[0])),
            let definition = document["paths"]?[operation.path]?[operation.method.lowercased()]
        else { return ["\(request.method) \(parts[0]) is not a documented operation"] }
        let declared = (definition["parameters"]?.array ?? []).map(resolve)
        return wrongPath(operation, String(parts[0]), declared)
            + wrongQuery(operation, parts.count > 1 ? String(parts[1]) : "", declared)
            + wrongHeaders(request, declared, isOpen: definition["security"] == .array([]))
            + wrongBody(request, definition["requestBody"])
    }

    /// The operation whose path fits best.
    func operation(_ method: String, _ path: String) -> Operation? {
        let fitting = (document["paths"]?.object ?? [:]).filter { template, operations in
            operations[method.lowercased()] != nil && Self.bindings(template, path) != nil
        }
        // The one with the fewest variables, and of those the one that says most.
        func rank(_ path: String) -> (Int, Int) { (path.count { $0 == "{" }, -path.count { $0 == "/" }) }
        return fitting.keys.min { rank($0) < rank($1) }.map { Operation(method: method, path: $0) }
    }

    private static func bindings(_ template: String, _ path: String) -> [String: String]? {
        let wanted = template.split(separator: "/")
        var given = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        // CircleCI's slugs are three segments, whose slashes are not escaped.
        if let first = wanted.firstIndex(of: "{project-slug}").map({ $0 + 1 }), given.count > first + 2 {
            given.replaceSubrange(first..<first + 3, with: [given[first..<first + 3].joined(separator: "/")])
        }
        // Vault's paths of secrets are of any length.
        if wanted.last == "{path}", given.count > wanted.count + 1 {
            given.replaceSubrange(wanted.count..., with: [given[wanted.count...].joined(separator: "/")])
        }
        guard wanted.count == given.count - 1 else { return nil }
        var found: [String: String] = [:]
        for (pattern, segment) in zip(wanted, given.dropFirst()) {
            if pattern.hasPrefix("{") {
                guard !segment.isEmpty else { return nil }
                found[String(pattern.dropFirst().dropLast())] = segment
            } else if pattern != Substring(segment) {
                return nil
            }
        }
        return found
    }

    private func wrongPath(_ operation: Operation, _ path: String, _ declared: [JSONValue]) -> [String] {
        let values = Self.bindings(operation.path, path) ?? [:]
        return declared.filter { $0["in"]?.string == "path" }.flatMap { parameter in
            wrong(values[parameter["name"]?.string ?? ""], parameter)
        }
    }

    private func wrongQuery(_ operation: Operation, _ query: String, _ declared: [JSONValue]) -> [String] {
        var found: [String] = []
        for item in query.split(separator: "&") {
            let pair = item.split(separator: "=", maxSplits: 1).map { String($0).removingPercentEncoding ?? "" }
            let parameter = declared.first { $0["in"]?.string == "query" && $0["name"]?.string == pair[0] }
            if let parameter {
                found += wrong(pair.count > 1 ? pair[1] : "", parameter)
            } else if !isDocumentedInProse(pair[0], operation) {
                found.append("query \(pair[0]) is not documented for \(operation)")
            }
        }
        return found
    }

    /// GitLab's declarations of a group's variable leave the filter out, its text says to use it. HCP Terraform's declaration of
    /// a variable set's variables leaves the pages out that its text says all lists have.
    private func isDocumentedInProse(_ name: String, _ operation: Operation) -> Bool {
        name == "filter[environment_scope]" && operation.path == "/api/v4/groups/{id}/variables/{key}"
            || name == "page[number]" && operation.path == "/varsets/{varset_id}/relationships/vars"
    }

    /// - Parameter isOpen: whether the operation takes no token, as a login.
    private func wrongHeaders(_ request: Recorded, _ declared: [JSONValue], isOpen: Bool) -> [String] {
        let schemes = (document["components"]?["securitySchemes"]?.object ?? [:]).values
        let isBearer = schemes.contains { $0["scheme"]?.string == "bearer" } && request.headers["Authorization"] != nil
        let keys = schemes.filter { $0["type"]?.string == "apiKey" && !isBearer && !isOpen }
        let token = keys.compactMap { $0["name"]?.string }.filter { request.headers[$0]?.isEmpty != false }
        return token.map { "header \($0) is missing" }
            + declared.filter { $0["in"]?.string == "header" }.flatMap {
                wrong(request.headers[$0["name"]?.string ?? ""], $0)
            }
    }

    private func wrongBody(_ request: Recorded, _ declared: JSONValue?) -> [String] {
        guard let declared else { return request.body.isEmpty ? [] : ["a body is not documented"] }
        let type = String((request.headers["Content-Type"] ?? "none").prefix { $0 != ";" })
        guard let schema = declared["content"]?[type]?["schema"] else {
            return ["content type \(type) is not documented"]
        }
        // The stand-in that keyturn's commands run against holds XML to its schema.
        guard type.hasSuffix("json") else { return [] }
        guard let body = try? JSONValue(parsing: request.body) else { return ["the body is not JSON"] }
        return Schema(closed(schema)).violations(in: body).map {
            "body \($0.path.joined(separator: ".")): \($0.message)"
        }
    }

    /// A parameter's value, which is text until its schema says otherwise.
    private func wrong(_ value: String?, _ parameter: JSONValue) -> [String] {
        let name = parameter["name"]?.string ?? ""
        guard let value else { return parameter["required"] == .bool(true) ? ["\(name) is missing"] : [] }
        let schema = closed(parameter["schema"] ?? .bool(true))
        let isNumber = schema["type"]?.string == "integer" || schema["oneOf"] != nil
        let isFlag = schema["type"]?.string == "boolean" && ["true", "false"].contains(value)
        let json =
            (isNumber ? Int64(value).map(JSONValue.integer) : nil) ?? (isFlag ? .bool(value == "true") : .string(value))
        return Schema(schema).violations(in: json).map { "\(name) \($0.message)" }
    }

    /// A schema without references, which allows no property that it does not name.
    private func closed(_ schema: JSONValue) -> JSONValue {
        switch resolve(schema) {
        case .array(let elements): return .array(elements.map(closed))
        case .object(let members):
            var members = members.mapValues(closed)
            if members["type"]?.string == "object", members["properties"] != nil {
                members["additionalProperties"] = .bool(false)
            }
            // OpenAPI's word for what JSON Schema writes as a second type.
            if members["nullable"] == .bool(true), let type = members["type"] {
                members["type"] = .array([type, .string("null")])
            }
            // What RE2 does not have: the stand-in that keyturn's commands run against holds requests to it.
            if members["pattern"]?.string?.contains("(?!") == true { members["pattern"] = nil }
            return .object(members)
        case let other: return other
        }
    }

    private func resolve(_ node: JSONValue) -> JSONValue {
        guard let reference = node["$ref"]?.string else { return node }
        return resolve(reference.dropFirst(2).split(separator: "/").reduce(document) { $0[String($1)] ?? .null })
    }

    private static func json(_ any: Any?) -> JSONValue {
        switch any {
        case let flag as Bool: .bool(flag)
        case let number as Int: .integer(Int64(number))
        case let number as Double: .number(number)
        case let text as String: .string(text)
        case let list as [Any]: .array(list.map(json))
        case let fields as [AnyHashable: Any]:
            .object(Dictionary(uniqueKeysWithValues: fields.map { ("\($0.key.base)", json($0.value)) }))
        default: .null
        }
    }
}
