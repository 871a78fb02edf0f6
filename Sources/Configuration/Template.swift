internal import JSON

/// A text with `{user}` and `{tag:NAME}`, which an IAM user's name and tags replace.
struct Template: Hashable, Sendable {
    private enum Part: Hashable {
        case text(String)
        case user
        case tag(String)
    }

    private let parts: [Part]

    /// - Returns: nil where a brace is left open, or holds something else.
    init?(_ text: String) {
        var parts: [Part] = []
        var rest = text[...]
        while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
            guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}") else { return nil }
            let word = rest[rest.index(after: open)..<close]
            if word == "user" {
                parts.append(.user)
            } else if word.hasPrefix("tag:"), word.count > 4 {
                parts.append(.tag(String(word.dropFirst(4))))
            } else {
                return nil
            }
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        self.parts = parts
    }

    /// The tags that it asks for.
    var tags: [String] { parts.compactMap { if case .tag(let name) = $0 { name } else { nil } } }

    /// The text for a user.
    ///
    /// - Throws: the name of a tag that the user does not have, or that is empty.
    func text(for user: DiscoveredUser) throws(MissingTag) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .text(let words): text += words
            case .user: text += user.userName
            case .tag(let name):
                guard let value = user.tags[name], !value.isEmpty else { throw MissingTag(name: name) }
                text += value
            }
        }
        return text
    }

    struct MissingTag: Error { let name: String }
}

extension Field {
    /// Every text in it, with its line.
    var texts: [(text: String, line: Int)] {
        switch value {
        case .scalar(let scalar): scalar.string.map { [($0, line)] } ?? []
        case .list(let fields): fields.flatMap(\.texts)
        case .mapping(let members): members.flatMap(\.field.texts)
        }
    }

    /// The same with every text filled in.
    func filled(for user: DiscoveredUser) throws(Template.MissingTag) -> Field {
        var copy = self
        switch value {
        case .scalar(.string(let text)):
            if let filled = try Template(text)?.text(for: user) { copy.value = .scalar(.string(filled)) }
        case .scalar: break
        case .list(let fields):
            var filled: [Field] = []
            for field in fields { filled.append(try field.filled(for: user)) }
            copy.value = .list(filled)
        case .mapping(let members):
            var filled: [Member] = []
            for var member in members {
                member.field = try member.field.filled(for: user)
                filled.append(member)
            }
            copy.value = .mapping(filled)
        }
        return copy
    }
}
