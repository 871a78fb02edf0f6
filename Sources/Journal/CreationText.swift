internal import Rotation

/// The creations of a rotation in one column, one a line: when, whether open, whether a key may exist, when lost (or `-`),
/// and the keys that were known. They change once or twice in a rotation, and are written with each of its steps.
enum CreationText {
    /// Nil for none.
    static func write(_ creations: [Rotation.Creation]) -> String? {
        guard !creations.isEmpty else { return nil }
        var text = ""
        for creation in creations {
            if !text.isEmpty { text += "\n" }
            text += String(creation.at.milliseconds)
            text += creation.isOpen ? " 1" : " 0"
            text += creation.mayExist ? " 1 " : " 0 "
            text += creation.lostAt.map { String($0.milliseconds) } ?? "-"
            for id in creation.known {
                text += " "
                text += id.rawValue
            }
        }
        return text
    }

    /// Nil for what ``write(_:)`` does not write.
    static func read(_ text: String) -> [Rotation.Creation]? {
        var creations: [Rotation.Creation] = []
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " ")).map { Substring($0) }
            guard words.count >= 4, let at = Int64(words[0]),
                let lost = Int64(words[3]).map(Optional.some) ?? none(words[3])
            else { return nil }
            var creation = Rotation.Creation(
                at: Timestamp(milliseconds: at), known: words[4...].map { AccessKeyID(String($0)) })
            creation.isOpen = words[1] == "1"
            creation.mayExist = words[2] == "1"
            creation.lostAt = lost.map { Timestamp(milliseconds: $0) }
            creations.append(creation)
        }
        return creations
    }

    private static func none(_ word: Substring) -> Int64?? { word == "-" ? .some(nil) : nil }
}

/// The keys that keyturn has deleted in one column, one a line: its ID and when.
enum DeletedKeyText {
    /// Nil for none.
    static func write(_ keys: [DeletedKey]) -> String? {
        keys.isEmpty ? nil : keys.map { "\($0.id) \($0.at.milliseconds)" }.joined(separator: "\n")
    }

    /// Nil for what ``write(_:)`` does not write.
    static func read(_ text: String) -> [DeletedKey]? {
        var keys: [DeletedKey] = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, let at = Int64(words[1]) else { return nil }
            keys.append(DeletedKey(id: AccessKeyID(String(words[0])), at: Timestamp(milliseconds: at)))
        }
        return keys
    }
}
