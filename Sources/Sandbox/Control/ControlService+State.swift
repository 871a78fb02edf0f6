import JSON
import Synchronization

extension ControlService {
    /// Users with their keys, and what every place holds.
    var state: JSONValue {
        let account = world.account.withLock { $0 }
        let judgement = Judgement(secrets: account.secrets)
        let targets = Places(world).variables.mapValues { variables in
            JSONValue.object(judgement.verdicts(on: variables).mapValues(JSONValue.string))
        }
        let users = account.users.map { user in (user.name, JSONValue.object(["keys": .array(user.keys.map(render))])) }
        return ["users": .object(Dictionary(uniqueKeysWithValues: users)), "targets": .object(targets)]
    }

    private func render(_ key: AccessKey) -> JSONValue {
        [
            "id": .string(key.id), "status": .string(key.status.rawValue),
            "created": .string(Timestamp.text(key.created)),
            "lastUsed": .optional(key.lastUse.map { Timestamp.text($0.date) }),
        ]
    }
}
