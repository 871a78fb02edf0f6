internal import Configuration
internal import JSON
internal import Rotation

extension LoadedConfiguration {
    /// The users of a selection; all where it is empty.
    func select(_ names: [String]) throws -> [ConfiguredUser] {
        for name in names where !users.contains(where: { $0.name == name }) {
            let known = users.map(\.name)
            let near = Spelling.nearest(to: name, among: known).map { "; did you mean `\($0)`?" }
            let list = known.isEmpty ? "; no user is there yet" : "; it has: \(listed(known, most: 10))"
            let hint = configuration.discover.isEmpty ? "" : "; `keyturn step` finds new ones"
            throw OperationFailure(.failed, "\(configuration.file) has no user `\(name)`\(near ?? list)\(hint)")
        }
        return names.isEmpty ? users : users.filter { names.contains($0.name) }
    }

    /// The users that a target belongs to, or belonged to until it left the configuration: one as a rule.
    ///
    /// Whether something can be done with it there is decided by the rotation, under its lease.
    ///
    /// - Parameter changes: whether they are asked for to change something.
    func users(
        of target: String, _ names: [String], _ rotations: [String: Rotation], changes: Bool = true
    ) throws -> [ConfiguredUser] {
        let selected = try select(names)
        let name = TargetName(target)
        let owners = selected.filter { user in
            user.targets.contains { $0.name == name } || rotations[user.name]?.deliveries[name] != nil
        }
        guard owners.isEmpty else { return owners }
        let left = rotations.values.flatMap { $0.leftTargets.map(\.rawValue) }
        let known = selected.flatMap { $0.targets.map(\.name.rawValue) } + left
        let near = known.first { $0.hasSuffix(":\(target)") } ?? Spelling.nearest(to: target, among: known)
        let hint = near.map { "did you mean `\($0)`?" } ?? "`keyturn status` shows the names."
        throw OperationFailure(
            .failed, "there is no target `\(target)`; \(hint)\(changes ? " Nothing was changed." : "")")
    }
}
