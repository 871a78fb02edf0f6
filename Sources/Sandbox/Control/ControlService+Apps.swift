import JSON
import Synchronization

extension ControlService {
    /// Registers a GitHub App: `{"publicKey": PEM, "account": "acme", "permissions": {"secrets": "write"}}`, and where
    /// wanted `"isSuspended": true`. It is installed in the account.
    func addApp(_ request: Request) throws(Refusal) -> Reply {
        let fields = try fields(request)
        guard let publicKey = fields["publicKey"]?.string, let account = fields["account"]?.string else {
            throw Refusal(status: 400, message: "publicKey or account is missing")
        }
        let permissions = (fields["permissions"]?.object ?? [:]).compactMapValues(\.string)
        let app = world.github.withLock { github in
            let number = github.apps.count + 1
            let app = GitHubApp(
                id: 1000 + number, clientID: "Iv1.\(1000 + number)", publicKey: publicKey,
                installations: [
                    GitHubInstallation(
                        id: 5000 + number, account: account, isSuspended: fields["isSuspended"]?.bool ?? false,
                        permissions: permissions)
                ])
            github.add(app)
            return app
        }
        return .json(
            201,
            [
                "id": .int(app.id), "clientId": .string(app.clientID),
                "installation": .int(app.installations[0].id),
            ])
    }

    /// Takes every installation token back, as an owner can: `POST /apps/forget`.
    func forgetTokens() -> Reply {
        world.github.withLock { $0.forgetTokens() }
        return .empty(204)
    }

    /// Archives a repository of GitHub: `{"name": "acme/app"}`.
    func archive(_ request: Request) throws(Refusal) -> Reply {
        guard let name = try fields(request)["name"]?.string else {
            throw Refusal(status: 400, message: "name is missing")
        }
        world.github.withLock { $0.archive(name) }
        return .empty(204)
    }
}
