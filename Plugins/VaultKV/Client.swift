import PusherKit

/// What is asked of a key-value store, of version 1 or 2.
struct Client: Sendable {
    let session: Session

    /// What is at the target's path.
    func look(_ target: Target, call: borrowing Call) throws(PushFailure) -> Stored {
        target.version == .one ? try lookUnversioned(target, call: call) : try lookVersioned(target, call: call)
    }

    private func lookUnversioned(_ target: Target, call: borrowing Call) throws(PushFailure) -> Stored {
        let response = try session.send(.get, target.segments(), target, call: call)
        if isEmptyPlace(response) { return .nothing(version: 0) }
        guard response.isYes(200), let secret = response.json(Unversioned.self) else {
            throw Answers(target: target).failure(response)
        }
        return .readable(secret.fields, version: 0)
    }

    private func lookVersioned(_ target: Target, call: borrowing Call) throws(PushFailure) -> Stored {
        let response = try session.send(.get, target.segments("data"), target, call: call)
        if isEmptyPlace(response) { return .nothing(version: 0) }
        if response.isYes(200) || response.status == 404, let version = response.json(Version.self) {
            guard response.status == 200, let fields = version.fields else { return .nothing(version: version.number) }
            return .readable(fields, version: version.number)
        }
        // A policy may allow to write a secret and not to read it.
        if response.status == 403, let hidden = try metadata(target, call: call) { return hidden }
        throw Answers(target: target).failure(response)
    }

    /// What the metadata say, or nil where the token may not see them either.
    private func metadata(_ target: Target, call: borrowing Call) throws(PushFailure) -> Stored? {
        let response = try session.send(.get, target.segments("metadata"), isAgain: true, target, call: call)
        if response.status == 403 { return nil }
        if isEmptyPlace(response) { return .nothing(version: 0) }
        guard response.isYes(200), let metadata = response.json(Metadata.self) else {
            throw Answers(target: target).failure(response)
        }
        return metadata.isLive ? .hidden(metadata) : .nothing(version: metadata.version)
    }

    /// Writes the pair over what was seen.
    ///
    /// - Returns: the version that the write made; 0 where the engine has none.
    func write(
        _ pair: borrowing KeyPair, over old: Stored, to target: Target, call: borrowing Call
    ) throws(PushFailure) -> Int64 {
        // A path of the other version would be taken for the name of a new secret.
        if case .nothing = old { try checkEngine(target, call: call) }
        guard target.version == .two else {
            try writeUnversioned(pair, over: old, to: target, call: call)
            return 0
        }
        var options = JSONBody()
        options.set("cas", old.version)
        var body = JSONBody()
        body.set("data", JSONBody(pair, target))
        body.set("options", options)
        let response: HTTPResponse
        if case .nothing = old {
            response = try session.send(.post, target.segments("data"), body: body.bytes(), target, call: call)
        } else {
            // It leaves the secret's other fields alone, and they need not be read.
            response = try session.send(
                .patch, target.segments("data"), body: body.bytes(), type: "application/merge-patch+json", target,
                call: call)
        }
        guard response.isYes(200), let written = response.json(Written.self), written.version > old.version else {
            throw Answers(target: target).failure(response)
        }
        return written.version
    }

    /// Version 1 replaces a secret as a whole: what was read goes back with the pair in it.
    private func writeUnversioned(
        _ pair: borrowing KeyPair, over old: Stored, to target: Target, call: borrowing Call
    ) throws(PushFailure) {
        let body: JSONBody
        if case .readable(let fields, _) = old {
            body = fields.with(pair, target)
        } else {
            body = JSONBody(pair, target)
        }
        let response = try session.send(.post, target.segments(), body: body.bytes(), target, call: call)
        guard response.isYes(200, 204) else { throw Answers(target: target).failure(response) }
    }

    /// Compares what is mounted with what the target says.
    ///
    /// - Throws: where it is another version. A server that does not say is believed.
    func checkEngine(_ target: Target, call: borrowing Call) throws(PushFailure) {
        let path = ["sys", "internal", "ui", "mounts"] + target.segments()
        let response = try session.send(.get, path, target, call: call)
        guard response.isYes(200), let mount = response.json(Mount.self) else { return }
        guard mount.isStore else {
            throw PushFailure(
                .invalidConfiguration,
                "\(target.subject): \(target.mount) is not a key-value store but \(oneLine(mount.type, limit: 40)): check mount"
            )
        }
        guard mount.version == target.version.number else { throw Answers(target: target).wrongEngine(mount.version) }
    }

    /// What the token may do with the target's secret; nil: the server does not say.
    func capabilities(_ target: Target, call: borrowing Call) throws(PushFailure) -> Capabilities? {
        let path = target.version == .one ? target.segments() : target.segments("data")
        var body = JSONBody()
        body.set("paths", [path.joined(separator: "/")])
        let response = try session.send(.post, ["sys", "capabilities-self"], body: body.bytes(), target, call: call)
        if response.status == 403 || response.status == 404 { return nil }
        guard response.isYes(200), let capabilities = response.json(Capabilities.self) else {
            throw Answers(target: target).failure(response)
        }
        return capabilities
    }

    /// When the configured token ends; nil: never, or the server does not say.
    func tokenEnd(_ target: Target, call: borrowing Call) throws(PushFailure) -> Timestamp? {
        guard session.hasOwnToken else { return nil }
        let response = try session.send(.get, ["auth", "token", "lookup-self"], target, call: call)
        guard response.isYes(200) else { return nil }
        return response.json(TokenEnd.self)?.end
    }

    /// Whether a 404 is about the secret alone: then the server names no error. One about a mount is named.
    func isEmptyPlace(_ response: HTTPResponse) -> Bool {
        guard response.status == 404, let error = response.json(VendorError.self) else { return false }
        return error.errors?.isEmpty == true && error.warnings.isEmpty
    }
}
