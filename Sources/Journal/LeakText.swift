internal import Rotation

/// The leaked keys of a rotation in two columns: their IDs with blanks between them, and two bits for each, lowest first: whether
/// it is to be dead at once, and whether keyturn has no record of it.
enum LeakText {
    /// Nil for none.
    static func ids(_ leaks: [Leak]) -> String? {
        leaks.isEmpty ? nil : leaks.map(\.id.rawValue).joined(separator: " ")
    }

    static func marks(_ leaks: [Leak]) -> Int {
        leaks.prefix(limit).enumerated().reduce(0) { sum, leak in
            sum | ((leak.element.isAtOnce ? 1 : 0) | (leak.element.isStranger ? 2 : 0)) << (2 * leak.offset)
        }
    }

    /// What ``ids(_:)`` and ``marks(_:)`` gave.
    static func read(_ ids: String, marks: Int) -> [Leak] {
        ids.split(separator: " ").prefix(limit).enumerated().map { index, id in
            let bits = marks >> (2 * index)
            return Leak(AccessKeyID(String(id)), isAtOnce: bits & 1 != 0, isStranger: bits & 2 != 0)
        }
    }

    /// What has room in a number. A user has two keys, and keys that are gone leave the list with their rotation.
    private static let limit = 31
}
