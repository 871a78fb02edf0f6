import PusherKit

/// Writes key pairs into parameters of AWS Systems Manager, the whole pair as one value.
struct AWSParameterStore: Pusher {
    init(configuration: Configuration) throws(PushFailure) {}

    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        let client = Client(target: target)
        let right = "whether the pusher's identity may write it shows at the first push"
        guard let parameter = try client.describe(call: call) else {
            return "\(target.subject): it is not there, and will be created; \(right)"
        }
        try refuse(parameter, target)
        if !target.replaces, let old = try client.value(call: call), !target.document.canKeep(old.value) {
            throw unkept(target)
        }
        let key = parameter.key.map { ", encrypted with \(oneLine($0, limit: 120))" } ?? ""
        return "\(target.subject): version \(parameter.version)\(key); \(right)"
    }

    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        let client = Client(target: target)
        let before = try client.describe(call: call)
        if let before { try refuse(before, target) }
        let old = before == nil || target.replaces ? nil : try client.value(call: call)
        // What an earlier push wrote whose answer was lost.
        if let old, target.document.holds(pair, in: old.value) {
            return Confirmation(
                .readBack, "\(target.subject): version \(old.version) holds the pair already", isUnchanged: true)
        }
        guard let value = target.document.contents(pair, keeping: old?.value) else { throw unkept(target) }
        let version = try client.put(value, over: before, call: call)
        if let read = old?.version, version != read + 1 {
            call.log(
                .warning,
                "\(target.subject): someone else wrote between version \(read), which was read, and \(version): what they changed may be lost, and is in the versions before"
            )
        }
        return try confirmation(of: version, target, client, call: call)
    }

    /// The store has no condition for a write, so what is there afterwards decides.
    private func confirmation(
        of version: Int, _ target: Target, _ client: Client, call: borrowing Call
    ) throws(PushFailure) -> Confirmation {
        guard let after = try client.describe(call: call), after.version >= version else {
            // Its servers need not know of a write at once; that it was taken, its answer says.
            return Confirmation(
                .acknowledged, "\(target.subject): version \(version) written, which AWS does not show yet")
        }
        guard after.version == version else {
            throw PushFailure(
                .retryable,
                "\(target.subject): version \(version) was written, and someone else wrote version \(after.version) after it"
            )
        }
        return Confirmation(
            .version, "\(target.subject): version \(version) is the current one", changedAt: after.changedAt)
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        let client = Client(target: target)
        guard let parameter = try client.describe(call: call) else { throw missing(target) }
        if target.replaces {
            return Inspection(
                keyID: nil, changedAt: parameter.changedAt,
                message: "\(target.subject): version \(parameter.version); with replace: true its value is not read")
        }
        guard let found = try client.value(call: call) else { throw missing(target) }
        guard let keyID = target.document.keyID(in: found.value) else {
            throw PushFailure(.notFound, "\(target.subject): version \(found.version) holds no access key ID")
        }
        return Inspection(
            keyID: keyID, changedAt: parameter.changedAt,
            message: "\(target.subject): version \(found.version) holds \(oneLine(keyID, limit: 128))")
    }

    private func missing(_ target: Target) -> PushFailure {
        PushFailure(.notFound, "\(target.subject): there is no such parameter yet")
    }

    private func refuse(_ parameter: Parameter, _ target: Target) throws(PushFailure) {
        guard parameter.type != Parameter.secure else { return }
        throw PushFailure(
            .conflict,
            "\(target.subject): it is a \(oneLine(parameter.type, limit: 40)), which everyone who may read it sees in the clear, and AWS does not change its type: delete it, then run keyturn retry"
        )
    }

    /// What cannot be kept is not written over.
    private func unkept(_ target: Target) -> PushFailure {
        PushFailure(
            .conflict,
            "\(target.subject): its value is not of this shape, so nothing of it can be kept: replace: true writes over all of it"
        )
    }
}
