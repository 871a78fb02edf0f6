import PusherKit

/// GitLab's error bodies: a message that is text, or lists of texts by field; or OAuth's error and description.
struct VendorError: JSONReadable {
    let text: String

    /// Whatever shape one of them has, the others are not lost over it.
    init(json fields: JSONValue) throws(JSONMismatch) {
        guard fields.kind == .object else { throw fields.wrong("not an object") }
        var parts: [String] = []
        if let message = fields["message"].flatMap({ words($0) }) { parts.append(message) }
        if let error: String = try? fields.value("error") { parts.append(error) }
        if let description: String = try? fields.value("error_description") { parts.append(description) }
        if let scope: String = try? fields.value("scope") { parts.append("needs scope \(scope)") }
        text = parts.joined(separator: ": ")
    }
}

/// Text, or texts in lists and objects; nil where something else is among them.
///
/// - Parameter levels: how deep it is looked into. GitLab's own errors have two.
private func words(_ json: JSONValue, levels: Int = 8) -> String? {
    guard levels > 0 else { return nil }
    switch json.kind {
    case .text: return try? String(json: json)
    case .list:
        var parts: [String] = []
        for element in json.elements {
            guard let part = words(element, levels: levels - 1) else { return nil }
            parts.append(part)
        }
        return parts.joined(separator: ", ")
    case .object:
        var parts: [String] = []
        for field in json.fields.sorted(by: { $0.name < $1.name }) {
            guard let part = words(field.value, levels: levels - 1) else { return nil }
            parts.append("\(field.name) \(part)")
        }
        return parts.joined(separator: "; ")
    case .integer, .real, .boolean, .null: return nil
    }
}
