import PusherKit

/// Writes key pairs into secrets of HashiCorp Vault or OpenBao: key-value stores of version 1 and 2.
struct VaultKV: Pusher {
    let client: Client

    init(configuration: Configuration) throws(PushFailure) {
        client = Client(session: try Session(configuration))
    }

    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        try client.checkEngine(target, call: call)
        let stored = try client.look(target, call: call)
        let capabilities = try client.capabilities(target, call: call)
        if let capabilities { try check(capabilities, for: stored, target) }
        let right = capabilities == nil ? "whether it can be written shows at the first push" : "it can be written"
        let end = try client.tokenEnd(target, call: call).flatMap { expiryWarning($0, now: call.now) } ?? ""
        return "\(target.subject): \(state(of: stored, target)); \(right)\(end)"
    }

    /// Refuses a token that the server says may not do what a push takes.
    private func check(_ capabilities: Capabilities, for stored: Stored, _ target: Target) throws(PushFailure) {
        let needed: [String]
        switch (stored, target.version) {
        case (.nothing(0), _): needed = ["create"]
        case (.nothing, _), (_, .one): needed = ["update"]
        default: needed = ["patch"]
        }
        let missing = needed.filter { !capabilities.allow($0) }
        guard missing.isEmpty else {
            throw PushFailure(
                .unauthorized,
                "\(target.subject): the token's policy lacks \(missing.joined(separator: ", ")) for this path: give it create, "
                    + "read, update and patch")
        }
    }

    private func state(of stored: Stored, _ target: Target) -> String {
        switch stored {
        case .readable(let fields, _):
            return "the secret can be read, "
                + [target.accessKeyID, target.secretAccessKey].map { name in
                    "\(name) \(fields.text(name) == nil ? "will be added" : "exists")"
                }.joined(separator: ", ")
        case .hidden: return "the secret is there, and the token may see its version and not its fields"
        case .nothing(0): return "there is no such secret yet; it will be created"
        case .nothing(let version):
            return "version \(version) of the secret is deleted; a push writes version \(version + 1)"
        }
    }

    /// One request writes both fields, so no one reads halves of two pairs. What the path holds since is looked at.
    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        let before = try client.look(target, call: call)
        if case .readable(let fields, _) = before, fields.holds(pair, target) {
            return Confirmation(.readBack, "\(target.subject): it holds this pair already", isUnchanged: true)
        }
        let version = try client.write(pair, over: before, to: target, call: call)
        let words = target.version == .one ? "written" : "written as version \(version)"
        switch try client.look(target, call: call) {
        case .readable(let fields, _) where fields.holds(pair, target):
            return Confirmation(.readBack, "\(target.subject): \(words) and read back")
        case .hidden(let metadata) where metadata.version == version:
            return Confirmation(
                .version, "\(target.subject): \(words), which is the current one", changedAt: metadata.updatedAt)
        default:
            throw PushFailure(
                .retryable, "\(target.subject): \(words), and something else is there now: it does not confirm anything"
            )
        }
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        switch try client.look(target, call: call) {
        case .readable(let fields, _):
            guard let keyID = fields.text(target.accessKeyID)?.text else {
                throw PushFailure(.notFound, "\(target.subject): the secret has no \(target.accessKeyID) yet")
            }
            return Inspection(
                keyID: keyID, message: "\(target.subject): \(target.accessKeyID) is \(oneLine(keyID, limit: 128))")
        case .hidden(let metadata):
            return Inspection(
                keyID: nil, changedAt: metadata.updatedAt,
                message: "\(target.subject): version \(metadata.version); the token may not read the secret")
        case .nothing(let version):
            throw PushFailure(
                .notFound,
                "\(target.subject): \(version == 0 ? "there is no such secret yet" : "version \(version) of the secret is deleted")"
            )
        }
    }
}
