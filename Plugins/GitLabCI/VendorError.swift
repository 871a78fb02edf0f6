/// GitLab's error bodies: a message that is text, or lists of texts by field; or OAuth's error and description.
struct VendorError: Decodable {
    let text: String

    enum CodingKeys: String, CodingKey {
        case message, error, scope
        case description = "error_description"
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        var parts: [String] = []
        if let message = try? fields.decode(Details.self, forKey: .message) { parts.append(message.text) }
        if let error = try? fields.decode(String.self, forKey: .error) { parts.append(error) }
        if let description = try? fields.decode(String.self, forKey: .description) { parts.append(description) }
        if let scope = try? fields.decode(String.self, forKey: .scope) { parts.append("needs scope \(scope)") }
        text = parts.joined(separator: ": ")
    }
}

/// Text, or texts in lists and objects.
private enum Details: Decodable {
    case text(String)
    case list([Details])
    case fields([String: Details])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let list = try? container.decode([Details].self) {
            self = .list(list)
        } else {
            self = .fields(try container.decode([String: Details].self))
        }
    }

    var text: String {
        switch self {
        case .text(let text): text
        case .list(let list): list.map(\.text).joined(separator: ", ")
        case .fields(let fields):
            fields.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.text)" }.joined(separator: "; ")
        }
    }
}
