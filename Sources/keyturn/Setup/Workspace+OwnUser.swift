internal import AWS
internal import Configuration

extension Workspace {
    /// Whoever rotates the key that it runs with cuts itself off, with nobody left to bring the key back: unless
    /// `self-rotation` says so, and the new key goes where keyturn reads it.
    func refuseOwnUser(among users: [ConfiguredUser], _ accounts: Accounts) async throws {
        var identities: [Account: [CallerIdentity]] = [:]
        for account in Set(users.map { account(of: $0) } + (users.contains(where: \.isOwn) ? accountsOfAll : [])) {
            // Where AWS gives no answer the work itself will say why.
            identities[account] = (try? await accounts.iam(account).ownIdentities()) ?? []
        }
        for user in users {
            if let refusal = refusal(of: user, identities) { throw CommandFailure(.notAllowed, refusal) }
        }
    }

    private var accountsOfAll: [Account] { users.map { account(of: $0) } }

    /// Why a user may not be rotated; nil: it may.
    ///
    /// - Parameter identities: who keyturn is in each account.
    func refusal(of user: ConfiguredUser, _ identities: [Account: [CallerIdentity]]) -> String? {
        let nothing = "Nothing was changed."
        guard user.isOwn, let own = configuration.selfRotation else {
            guard let same = Self.own(user.userName, identities[account(of: user)] ?? []) else { return nil }
            return
                "keyturn runs with a key of \(same.arn), which is `users.\(user.name)`: it would cut itself off. Run it as "
                + "another identity, have the user rotated by `self-rotation`, or take it out of the configuration. \(nothing)"
        }
        // Any account that is entered with a key of the user must read it from the file that the new key is written to.
        let file = ownFile(own)
        let home = (identities[account(of: user)] ?? []).first.map { ARN($0.arn).account }
        guard let id = try? file.keyID(), let home else { return nil }
        let strays = identities.values.flatMap { $0 }.filter { identity in
            let arn = ARN(identity.arn)
            let isFromFile = identity.keyID == id && identity.isKey(ofProfile: own.profile)
            return arn.account == home && arn.isUser(named: user.userName) && !isFromFile
        }
        guard let stray = strays.first else { return nil }
        return "`self-rotation` writes to profile \(own.profile) in \(file.path), and keyturn also runs with a key of "
            + "\(user.userName), \(stray.keyID), from \(stray.source): it would cut itself off. Let keyturn read its key from "
            + "that profile alone. \(nothing)"
    }

    func ownFile(_ own: SelfRotation) -> CredentialsFile {
        CredentialsFile(profile: own.profile, environment: environment)
    }

    /// Which of keyturn's identities is that user; nil: none.
    ///
    /// - Parameter identities: its own in the user's account first, then those with whose credentials a role was assumed,
    ///   which may be of another account that has a user of that name.
    private static func own(_ user: String, _ identities: [CallerIdentity]) -> CallerIdentity? {
        guard let account = identities.first.map({ ARN($0.arn).account }) else { return nil }
        return identities.first { ARN($0.arn).account == account && ARN($0.arn).isUser(named: user) }
    }
}
