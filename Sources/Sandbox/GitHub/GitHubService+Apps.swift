import FoundationEssentials
import JSON
import Synchronization

/// GitHub Apps: who an App is, where it is installed, and tokens to act with there.
extension GitHubService {
    /// The permissions with which this has to do that GitHub's description of its API has names for.
    private static let documented: Set<String> = [
        "dependabot_secrets", "environments", "metadata", "organization_secrets", "secrets",
    ]

    func answer(_ route: GitHubAppRoute, _ request: Request) throws(GitHubError) -> Reply {
        let app = try assertedApp(request)
        func installation(_ fits: (GitHubInstallation) -> Bool) throws(GitHubError) -> GitHubInstallation {
            guard let installation = app.installations.first(where: fits) else { throw .notFound }
            return installation
        }
        switch (request.method, route) {
        case ("GET", .app):
            return .json(
                200,
                [
                    "id": .int(app.id), "client_id": .string(app.clientID), "slug": "keyturn", "name": "keyturn",
                    "node_id": "A_1", "html_url": "https://github.com/apps/keyturn", "external_url": "",
                    "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "owner": [:],
                    "permissions": ["secrets": "write"], "events": [],
                ])
        case ("GET", .installations):
            return .json(200, .array(app.installations.map { render($0, of: app, request) }))
        case ("GET", .installation(let id)):
            return .json(200, render(try installation { $0.id == id }, of: app, request))
        case ("GET", .repositoryInstallation(let name)):
            _ = try world.github.withLock { github throws(GitHubError) in try github.repository(name) }
            let owner = name.prefix { $0 != "/" }.lowercased()
            return .json(200, render(try installation { $0.account.lowercased() == owner }, of: app, request))
        case ("GET", .accountInstallation(let name)):
            let found = try installation { $0.account.lowercased() == name.lowercased() }
            return .json(200, render(found, of: app, request))
        case ("POST", .accessTokens(let id)): return try makeToken(for: try installation { $0.id == id }, request)
        default: throw .notFound
        }
    }

    private func assertedApp(_ request: Request) throws(GitHubError) -> GitHubApp {
        let words = (request.header("Authorization") ?? "").split(separator: " ").map(String.init)
        guard words.count == 2, words[0].lowercased() == "bearer", let assertion = AppAssertion(words[1]) else {
            throw GitHubError(status: 401, message: "A JSON web token could not be decoded")
        }
        let apps = world.github.withLock { $0.apps }
        guard let app = apps.first(where: { ["\($0.id)", $0.clientID].contains(assertion.issuer) }) else {
            throw GitHubError(status: 404, message: "Integration not found")
        }
        guard assertion.isSigned(by: app.publicKey) else {
            throw GitHubError(status: 401, message: "A JSON web token could not be decoded")
        }
        if let complaint = assertion.complaint { throw GitHubError(status: 401, message: complaint) }
        return app
    }

    private func makeToken(
        for installation: GitHubInstallation, _ request: Request
    ) throws(GitHubError) -> Reply {
        guard !installation.isSuspended else {
            throw GitHubError(status: 403, message: "This installation has been suspended")
        }
        let body = request.body.isEmpty ? [:] : try object(in: request)
        let asked = body["permissions"]?.object?.compactMapValues(\.string)
        for (name, level) in asked ?? [:] {
            let granted = installation.permissions[name]
            guard granted == "write" || granted == level else {
                let message = "The permissions requested are not granted to this installation."
                throw GitHubError(status: 422, message: message)
            }
        }
        let token = GitHubInstallationToken(
            text: Random.installationToken(), installation: installation.id, account: installation.account,
            permissions: asked ?? installation.permissions,
            repositories: body["repositories"]?.array?.compactMap(\.string),
            expires: Date().addingTimeInterval(3_600))
        world.github.withLock { $0.add(token) }
        return .json(
            201,
            [
                "token": .string(token.text), "expires_at": .string(Timestamp.text(token.expires)),
                "permissions": .object(
                    token.permissions.filter { Self.documented.contains($0.key) }.mapValues(JSONValue.string)),
                "repository_selection": token.repositories == nil ? "all" : "selected",
            ])
    }

    private func render(_ installation: GitHubInstallation, of app: GitHubApp, _ request: Request) -> JSONValue {
        let url = "\(request.base)/app/installations/\(installation.id)"
        return [
            "id": .int(installation.id), "app_id": .int(app.id), "app_slug": "keyturn",
            "account": [
                "login": .string(installation.account), "id": 1, "type": "Organization",
                "url": .string("\(request.base)/orgs/\(installation.account)"),
            ],
            "target_type": "Organization", "target_id": 1, "repository_selection": "all",
            "access_tokens_url": .string("\(url)/access_tokens"),
            "repositories_url": .string("\(request.base)/installation/repositories"),
            "html_url": .string("https://github.com/settings/installations/\(installation.id)"),
            "permissions": .object(installation.permissions.mapValues(JSONValue.string)), "events": [],
            "single_file_name": .null, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
            "suspended_at": installation.isSuspended ? "2026-01-02T00:00:00Z" : .null, "suspended_by": .null,
        ]
    }
}
