import PusherKit

/// Writes key pairs into files of this machine: profiles of a credentials file, or variables of a dotenv file.
struct File: Pusher {
    /// There is nothing to configure but targets.
    struct Configuration: JSONReadable {
        init(json fields: JSONValue) throws(JSONMismatch) {
            guard fields.kind == .object else { throw fields.wrong("is not an object") }
        }
    }

    init(configuration: Configuration) throws(PushFailure) {}

    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        let folder = try Folder(of: target)
        let contents = try folder.read()
        if let problem = target.format.problem(in: contents.bytes) { throw unsettled(target, problem) }
        try folder.checkWritable(contents)
        guard contents.isThere else {
            return "\(target.subject): there is no such file yet; it will be made, readable for its owner alone"
        }
        let state =
            target.format.keyID(in: contents.bytes).map { "it holds \(oneLine($0, limit: 128))" }
            ?? "it holds no key ID yet"
        let warning =
            contents.openMode.map { "; others may read it (mode \($0)): run `chmod 600 \(oneLine(target.path))`" } ?? ""
        return "\(target.subject): \(state), and can be written\(warning)"
    }

    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        if call.isCancelled { throw PushFailure(.cancelled, "\(target.subject): cancelled before it was begun") }
        let folder = try Folder(of: target)
        try folder.lock(call)
        let old = try folder.read()
        if target.format.holds(pair, in: old.bytes) {
            // A push that ended right after it moved the file did not do this.
            try folder.sync()
            return Confirmation(.readBack, "\(target.subject): it holds this pair already", isUnchanged: true)
        }
        guard let new = target.format.contents(pair, keeping: old.bytes) else {
            throw unsettled(target, target.format.problem(in: old.bytes) ?? "the pair cannot be put into it")
        }
        try folder.replace(old, with: new, call: call)
        guard target.format.holds(pair, in: try folder.read().bytes) else {
            throw PushFailure(
                .retryable, "\(target.subject): written, and something else is there now: it does not confirm anything")
        }
        return Confirmation(.readBack, "\(target.subject): \(old.isThere ? "replaced" : "made") and read back")
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        let contents = try Folder(of: target).read()
        guard let keyID = target.format.keyID(in: contents.bytes), !keyID.isEmpty else {
            throw PushFailure(
                .notFound,
                "\(target.subject): \(contents.isThere ? "it holds no key ID yet" : "there is no such file yet")")
        }
        return Inspection(keyID: keyID, message: "\(target.subject): it holds \(oneLine(keyID, limit: 128))")
    }

    private func unsettled(_ target: Target, _ problem: String) -> PushFailure {
        PushFailure(.conflict, "\(target.subject): \(problem); then run keyturn retry")
    }
}
