import FoundationEssentials
import JSON

/// A CI/CD variable of a project, a group or the whole instance.
struct GitLabVariable: Sendable {
    static let everyScope = "*"

    let key: String
    var value: String?
    var type = "env_var"
    var isProtected = false
    var isMasked = false
    var isHidden = false
    var isRaw = false
    var scope = everyScope
    var description: String?

    /// What is wrong with it, by field, in GitLab's words; empty when nothing is.
    var complaints: [(field: String, message: String)] {
        var found: [(field: String, message: String)] = []
        if key.isEmpty { found.append(("key", "can't be blank")) }
        if key.count > 255 { found.append(("key", "is too long (maximum is 255 characters)")) }
        if key.wholeMatch(of: #/[a-zA-Z0-9_]+/#) == nil {
            found.append(("key", "can contain only letters, digits and '_'."))
        }
        if (value ?? "").count > 10_000 { found.append(("value", "is too long (maximum is 10000 characters)")) }
        if isMasked, !isMaskable { found.append(("value", "is invalid")) }
        if scope.count > 255 { found.append(("environment_scope", "is too long (maximum is 255 characters)")) }
        if (description ?? "").count > 255 {
            found.append(("description", "is too long (maximum is 255 characters)"))
        }
        return found
    }

    /// GitLab's `maskable.rb`: what the job log can be searched for.
    private var isMaskable: Bool {
        let value = value ?? ""
        return isRaw
            ? value.wholeMatch(of: #/\S{8,}/#) != nil
            : value.wholeMatch(of: #/[a-zA-Z0-9_+=\/@:.~\-]{8,}/#) != nil
    }

    /// - Parameter isInstance: variables of the instance have no scope and cannot be hidden.
    func rendered(isInstance: Bool) -> JSONValue {
        var body: [String: JSONValue] = [
            "variable_type": .string(type), "key": .string(key),
            "value": isHidden ? .null : .optional(value), "protected": .bool(isProtected),
            "masked": .bool(isMasked), "raw": .bool(isRaw), "description": .optional(description),
        ]
        if !isInstance {
            body["hidden"] = .bool(isHidden)
            body["environment_scope"] = .string(scope)
        }
        return .object(body)
    }
}
