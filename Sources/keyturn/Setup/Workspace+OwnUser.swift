internal import AWS
internal import Configuration
internal import HTTP

extension Workspace {
    /// Whoever rotates the key that it runs with cuts itself off, with nobody left to bring the key back.
    func refuseOwnUser(among users: [ConfiguredUser], _ http: HTTPClient) async throws {
        var identities: [Account: String?] = [:]
        for user in users {
            let account = account(of: user)
            // Where AWS gives no answer the work itself will say why.
            if identities[account] == nil { identities[account] = .some(try? await iam(of: user, http).ownIdentity()) }
            guard let own = identities[account] ?? nil, Self.isUser(user.userName, own) else { continue }
            throw CommandFailure(.notAllowed, Self.sentence(user.name, own))
        }
    }

    static func sentence(_ user: String, _ own: String) -> String {
        "keyturn runs with a key of \(own), which is `users.\(user)`: it would cut itself off. Run it as another identity, or "
            + "take that user out of the configuration. Nothing was changed."
    }

    /// arn:PARTITION:iam::ACCOUNT:user/PATH/NAME
    static func isUser(_ name: String, _ arn: String) -> Bool {
        let resource = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).last ?? ""
        return resource.hasPrefix("user/") && resource.split(separator: "/").last?.lowercased() == name.lowercased()
    }
}
