import JSON

/// IAM's side of a trust policy, as far as the policies of `federate` go: which tokens it lets in.
///
/// Written from the IAM User Guide ("Condition operators", "Policy variables"), and not from what makes the policies.
struct TrustEvaluation {
    let conditions: [String: JSONValue]
    let host: String

    /// - Parameter policy: with one statement.
    init?(_ policy: JSONValue, host: String) {
        guard let statement = policy["Statement"]?.array?.first, policy["Statement"]?.array?.count == 1,
            statement["Effect"] == "Allow", statement["Action"] == "sts:AssumeRoleWithWebIdentity",
            let conditions = statement["Condition"]?.object
        else { return nil }
        (self.conditions, self.host) = (conditions, host)
    }

    /// - Parameter token: claims by name.
    func admits(_ token: [String: String]) -> Bool {
        conditions.allSatisfy { name, block in
            (block.object ?? [:]).allSatisfy { key, wanted in
                guard key.hasPrefix(host + ":"), let value = token[String(key.dropFirst(host.count + 1))],
                    let wanted = wanted.string
                else { return false }
                switch name {
                case "StringEquals": return Self.plain(wanted) == value
                case "StringLike": return Self.matches(Self.pattern(wanted)[...], Array(value)[...])
                default: return false
                }
            }
        }
    }

    private enum Element {
        case literal(Character), one, many
    }

    private static func pattern(_ text: String) -> [Element] {
        var (rest, elements) = (text[...], [Element]())
        while let first = rest.first {
            let special = rest.hasPrefix("${") ? rest.dropFirst(2).prefix(2) : ""
            if special == "*}" || special == "?}" || special == "$}" {
                elements.append(.literal(special.first ?? " "))
                rest = rest.dropFirst(4)
            } else {
                elements.append(first == "*" ? .many : first == "?" ? .one : .literal(first))
                rest = rest.dropFirst()
            }
        }
        return elements
    }

    private static func plain(_ text: String) -> String {
        text.replacing("${*}", with: "*").replacing("${?}", with: "?").replacing("${$}", with: "$")
    }

    private static func matches(_ pattern: ArraySlice<Element>, _ text: ArraySlice<Character>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        switch first {
        case .literal(let character):
            return text.first == character && matches(pattern.dropFirst(), text.dropFirst())
        case .one: return !text.isEmpty && matches(pattern.dropFirst(), text.dropFirst())
        case .many:
            return (0...text.count).contains { matches(pattern.dropFirst(), text.dropFirst($0)) }
        }
    }
}
