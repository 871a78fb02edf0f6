internal import AWS
internal import Configuration

extension Workspace {
    /// Whoever rotates the key that it runs with cuts itself off, with nobody left to bring the key back.
    func refuseOwnUser(among users: [ConfiguredUser], _ accounts: Accounts) async throws {
        var identities: [Account: [String]] = [:]
        for user in users {
            let account = account(of: user)
            // Where AWS gives no answer the work itself will say why.
            if identities[account] == nil {
                identities[account] = (try? await accounts.iam(account).ownIdentities()) ?? []
            }
            guard let own = Self.own(user.userName, identities[account] ?? []) else { continue }
            throw CommandFailure(.notAllowed, Self.sentence(user.name, own))
        }
    }

    static func sentence(_ user: String, _ own: String) -> String {
        "keyturn runs with a key of \(own), which is `users.\(user)`: it would cut itself off. Run it as another identity, or "
            + "take that user out of the configuration. Nothing was changed."
    }

    /// Which of keyturn's identities is that user; nil: none.
    ///
    /// - Parameter identities: its own in the user's account first, then those with whose credentials a role was assumed,
    ///   which may be of another account that has a user of that name.
    static func own(_ user: String, _ identities: [String]) -> String? {
        guard let account = identities.first.map({ ARN($0).account }) else { return nil }
        return identities.first { ARN($0).account == account && ARN($0).isUser(named: user) }
    }
}
