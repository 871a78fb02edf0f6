import PusherKit

/// What `find` asks: lists, and the secrets in them.
extension Client {
    /// The key-value stores that the token sees.
    func stores(call: borrowing Call) throws(PushFailure) -> [Store] {
        let target = Folder(mount: "*", version: .two, path: "").target
        let response = try session.send(.get, ["sys", "internal", "ui", "mounts"], target, call: call)
        guard response.isYes(200), let found = response.json(Stores.self) else {
            throw Answers(target: target).failure(response)
        }
        return found.stores
    }

    /// The folder of a path whose first part, or first parts, are those of a mount. A server that does not say which is believed to
    /// have a store of version 2 under the first one.
    func folder(_ segments: [String], call: borrowing Call) throws(PushFailure) -> Folder {
        let guessed = Folder(
            mount: segments[0], version: .two, path: segments.dropFirst().joined(separator: "/"))
        let response = try session.send(
            .get, ["sys", "internal", "ui", "mounts"] + segments, guessed.target, call: call)
        guard response.isYes(200), let mount = response.json(Mount.self) else {
            // What is not there is refused as what is not allowed. Other failures are those of the next request, too.
            guard response.status == 403 || response.status == 404 else {
                throw Answers(target: guessed.target).failure(response)
            }
            return guessed
        }
        guard mount.isStore else {
            throw PushFailure(
                .invalidConfiguration,
                "\(guessed.target.subject): \(guessed.mount) is not a key-value store but \(oneLine(mount.type, limit: 40))"
            )
        }
        let own = mount.path.map(Target.segments) ?? [segments[0]]
        guard segments.starts(with: own), !own.isEmpty else {
            throw PushFailure(.internal, "\(guessed.target.subject): the server names another mount")
        }
        return Folder(
            mount: own.joined(separator: "/"), version: mount.version == 2 ? .two : .one,
            path: segments.dropFirst(own.count).joined(separator: "/"))
    }

    /// The names in a folder, in order; none where it is empty.
    func names(in folder: Folder, call: borrowing Call) throws(PushFailure) -> [String] {
        let response = try session.send(
            .get, folder.segments("metadata"), query: [(name: "list", value: "true")], folder.target, call: call)
        if isEmptyPlace(response) { return [] }
        guard response.isYes(200), let found = response.json(ListedNames.self) else {
            throw Answers(target: folder.target).failure(response)
        }
        return Set(found.names.filter { !$0.isEmpty && $0 != "/" }).sorted()
    }

    /// What a secret in a folder holds now.
    func secret(_ name: String, in folder: Folder, call: borrowing Call) throws(PushFailure) -> ListedSecret {
        // The list was answered, so another login would not help.
        let response = try session.send(
            .get, folder.segments("data", name), isAgain: true, folder.target, call: call)
        if response.status == 403, !response.isPage { return .forbidden }
        if isEmptyPlace(response) { return .nothing }
        if folder.version == .one {
            guard response.isYes(200), let secret = response.json(Unversioned.self) else {
                throw Answers(target: folder.target).failure(response)
            }
            return .readable(secret.fields, nil)
        }
        guard response.isYes(200) || response.status == 404, let version = response.json(Version.self) else {
            throw Answers(target: folder.target).failure(response)
        }
        // What is deleted or destroyed comes as 404 with its metadata. A time of deletion in those may be to come.
        guard response.status == 200, let fields = version.fields else { return .nothing }
        return .readable(fields, version.createdAt)
    }
}
