internal import JSON
internal import PlainText

extension JSONValue {
    /// Whether all its strings, and the names of its members, are shown as they are.
    var isShowable: Bool {
        switch self {
        case .string(let text): PlainText.isShowable(text)
        case .array(let elements): elements.allSatisfy(\.isShowable)
        case .object(let members): members.allSatisfy { PlainText.isShowable($0.key) && $0.value.isShowable }
        case .null, .bool, .integer, .number: true
        }
    }
}
