import PusherKit

/// Writes key pairs into the credentials of Jenkins.
struct Jenkins: Pusher {
    struct Configuration: JSONReadable {
        let common: TokenConfiguration
        let user: String

        init(json fields: JSONValue) throws(JSONMismatch) {
            common = try TokenConfiguration(json: fields)
            user = try fields.value("user")
            guard !user.isEmpty, !user.utf8.contains(where: { $0 == UInt8(ascii: ":") || $0 < 0x20 }) else {
                throw fields.wrong("user", "is empty, or has a colon or a control character in it")
            }
        }
    }

    let client: Client

    init(configuration: Configuration) throws(PushFailure) {
        // No default: each Jenkins has its own address.
        client = Client(
            endpoint: try configuration.common.endpoint(of: "Jenkins"), user: configuration.user,
            token: configuration.common.token)
    }

    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        let identity = try client.identity(for: target, call: call)
        guard !identity.isAnonymous else {
            throw PushFailure(
                .unauthorized,
                "\(target.subject): Jenkins takes the requests for those of an anonymous user: check user and token")
        }
        let credential = try client.read(target, call: call)
        let holds = credential.keyID.map { "holds \(oneLine($0, limit: 128))" } ?? "holds no key yet"
        return
            "\(target.subject): user \(oneLine(identity.name, limit: 60)) can read it, and whether it may be changed shows at the first "
            + "push; it \(holds)"
    }

    /// One request replaces the credential, so the pair is never torn. Jenkins says yes also where nothing was changed, so the
    /// credential is read again.
    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        let before = try client.read(target, call: call)
        try client.write(before.document(pair), to: target, call: call)
        let after = try client.read(target, call: call)
        guard after.keyID == pair.accessKeyID else {
            throw PushFailure(
                .retryable,
                "\(target.subject): 200, but the credential does not show the new key ID: it does not confirm anything")
        }
        let differences = before.differences(to: after)
        guard differences.isEmpty, before.kind == after.kind else {
            let names = oneLine(differences.joined(separator: ", "), limit: 80)
            throw PushFailure(
                .conflict,
                "\(target.subject): written, but since then it differs in \(names.isEmpty ? "its kind" : names): look at it, then run "
                    + "keyturn retry")
        }
        return Confirmation(
            .readBack, "\(target.subject): both values written by one request, and the key ID read back")
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        let credential = try client.read(target, call: call)
        guard let keyID = credential.keyID else {
            return Inspection(keyID: nil, message: "\(target.subject): it holds no access key ID")
        }
        return Inspection(keyID: keyID, message: "\(target.subject): \(oneLine(keyID, limit: 128))")
    }

    /// More domains than that are not read.
    private static let mostDomains = 20
    /// More folders than that are not read.
    private static let mostStores = 8

    /// Other credentials of AWS, whose names begin with the key ID: in the same folder, and in those around it.
    func neighbours(of target: Target, call: borrowing Call) throws(PushFailure) -> [FoundPlace] {
        var found = try neighbours(in: target.store, of: target, call: call)
        for store in target.store.outer.prefix(Self.mostStores) {
            // Who may change a folder's credentials may not see those around it: what cannot be seen is not reported.
            found += (try? neighbours(in: store, of: target, call: call)) ?? []
        }
        return found
    }

    private func neighbours(
        in store: Store, of target: Target, call: borrowing Call
    ) throws(PushFailure) -> [FoundPlace] {
        var found: [FoundPlace] = []
        let isOwnStore = store.folders == target.store.folders
        for domain in try client.domains(of: store, for: target, call: call).prefix(Self.mostDomains) {
            for credential in try client.credentials(of: store, domain: domain, for: target, call: call) {
                guard !(isOwnStore && domain == target.domain && credential.id == target.credential) else { continue }
                let fields = [
                    (name: "credential", value: credential.id), (name: "domain", value: domain),
                    (name: "folder", value: store.folders.joined(separator: "/")),
                ]
                let inDomain = domain == "_" ? "" : ", domain \(domain)"
                let name = oneLine("\(store.description)\(inDomain), credential \(credential.id)")
                found += SecretBytes(credential.displayName).accessKeyIDs.map { FoundPlace(name, fields, keyID: $0) }
            }
        }
        return found
    }
}
