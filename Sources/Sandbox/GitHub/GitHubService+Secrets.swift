import FoundationEssentials
import JSON
import Synchronization

extension GitHubService {
    /// The most bytes that a secret may have.
    private static let valueLimit = 48 * 1024

    func list(_ path: GitHubVaultPath, _ request: Request) throws(GitHubError) -> Reply {
        let secrets = try vault(path).secrets.filter(isListed).sorted { $0.name < $1.name }
        let page = page(request, total: secrets.count, standard: 30, most: 100)
        return list("secrets", page.cut(secrets).map { render($0, in: path, request) }, page: page, request: request)
    }

    func publicKey(_ path: GitHubVaultPath) throws(GitHubError) -> Reply {
        let vault = try vault(path)
        let key = Data(vault.box.publicKey).base64EncodedString()
        return .json(200, ["key_id": .string(vault.keyID), "key": .string(key)])
    }

    func show(_ name: String, in path: GitHubVaultPath, _ request: Request) throws(GitHubError) -> Reply {
        guard let secret = try vault(path).secret(name), isListed(secret) else { throw .notFound }
        return .json(200, render(secret, in: path, request))
    }

    func secretRepositories(
        _ name: String, in path: GitHubVaultPath, _ request: Request
    ) throws(GitHubError) -> Reply {
        guard let secret = try vault(path).secret(name) else { throw .notFound }
        return try repositories(secret.access, request)
    }

    func delete(_ name: String, from path: GitHubVaultPath) throws(GitHubError) -> Reply {
        let isGone = try world.github.withLock { github throws(GitHubError) in
            try github.change(path.place) { shelf throws(GitHubError) in shelf[path.kind].remove(name) }
        }
        guard isGone else { throw .notFound }
        return .empty(204)
    }

    func put(_ name: String, in path: GitHubVaultPath, _ request: Request) throws(GitHubError) -> Reply {
        let vault = try vault(path)
        try refuseArchived(path.place)
        let body = try object(in: request)
        if let complaint = Self.complaint(aboutName: name) {
            throw .invalid("name", code: "custom", message: complaint)
        }
        let access = try access(body, path.place)
        let now = Date().addingTimeInterval(world.moods.withLock { $0.githubLead })
        var secret = GitHubSecret(
            name: name.uppercased(), value: try opened(body, by: vault), created: now, updated: now,
            access: access)
        secret.written = Date()
        let new = secret
        let isNew = try world.github.withLock { github throws(GitHubError) in
            try github.change(path.place) { shelf throws(GitHubError) in shelf[path.kind].put(new) }
        }
        guard let isNew else { throw .invalid("name", code: "unprocessable", message: "Too many secrets.") }
        return isNew ? .json(201, [:]) : .empty(204)
    }

    /// The value that the client sealed to the place's own key.
    private func opened(_ body: [String: JSONValue], by vault: GitHubVault) throws(GitHubError) -> String {
        guard let sealed = body["encrypted_value"] else { throw .invalid("encrypted_value", code: "missing_field") }
        guard let keyID = body["key_id"] else { throw .invalid("key_id", code: "missing_field") }
        guard keyID.string == vault.keyID else { throw .invalid("key_id") }
        guard let text = sealed.string, let bytes = Data(base64Encoded: text), let value = vault.box.open(bytes)
        else { throw .invalid("encrypted_value", message: "The value was not sealed to this place's public key.") }
        guard value.count <= Self.valueLimit else {
            throw .invalid("encrypted_value", code: "custom", message: "The value is over 48 KB.")
        }
        return String(decoding: value, as: UTF8.self)
    }

    private func vault(_ path: GitHubVaultPath) throws(GitHubError) -> GitHubVault {
        try world.github.withLock { github throws(GitHubError) in
            try github.change(path.place) { shelf throws(GitHubError) in shelf[path.kind] }
        }
    }

    /// Whether a list shows it yet, or a write to it.
    private func isBehind(_ secret: GitHubSecret) -> Bool {
        Date().timeIntervalSince(secret.written) < world.moods.withLock { $0.githubLag }
    }

    private func isListed(_ secret: GitHubSecret) -> Bool { secret.former != nil || !isBehind(secret) }

    private func render(_ secret: GitHubSecret, in path: GitHubVaultPath, _ request: Request) -> JSONValue {
        var body: [String: JSONValue] = [
            "name": .string(secret.name), "created_at": .string(Timestamp.text(secret.created)),
            "updated_at": .string(Timestamp.text(isBehind(secret) ? secret.former ?? secret.updated : secret.updated)),
        ]
        if case .organization(let login) = path.place {
            let url = "\(request.base)/orgs/\(login)/\(path.kind.rawValue)/secrets/\(secret.name)/repositories"
            body.merge(render(secret.access, list: url)) { _, new in new }
        }
        return .object(body)
    }
}
