internal import Configuration
internal import Rotation

/// What is different about the users once a configuration was read again.
struct ReloadChange {
    private let new: [String]
    private let gone: [String]
    private let changed: [String]

    init(from before: [ConfiguredUser], to now: [ConfiguredUser]) {
        let former = Dictionary(before.map { ($0.name, $0) }) { first, _ in first }
        let names = Set(now.map(\.name))
        new = now.map(\.name).filter { former[$0] == nil }
        gone = before.map(\.name).filter { !names.contains($0) }
        changed = now.filter { user in former[user.name].map { !Self.isSame($0, user) } ?? false }.map(\.name)
    }

    /// `new: b; removed: a`
    var words: String {
        let parts = [("new", new), ("changed", changed), ("removed", gone)].filter { !$0.1.isEmpty }
        return parts.isEmpty
            ? "no user has changed" : parts.map { "\($0.0): \(listed($0.1))" }.joined(separator: "; ")
    }

    private static func isSame(_ before: ConfiguredUser, _ now: ConfiguredUser) -> Bool {
        before.userName == now.userName && before.account == now.account && before.policy == now.policy
            && before.owner == now.owner && before.afterRotation == now.afterRotation
            && before.targets.elementsEqual(now.targets) { $0.name == $1.name && $0.fields == $1.fields }
    }
}
