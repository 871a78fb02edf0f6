internal import Configuration
internal import JSON
internal import JSONSchema
internal import Rotation

extension Workspace {
    /// The users that a target belongs to, or belonged to until it left the configuration: one as a rule.
    ///
    /// Whether something can be done with it there is decided by the rotation, under its lease.
    func users(
        of target: String, _ names: [String], _ rotations: [String: Rotation]
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
        throw CommandFailure(.failed, "there is no target `\(target)`; \(hint) Nothing was changed.")
    }
}
