internal import AWS
internal import Configuration

/// The rule against cutting oneself off: which users may not be rotated by this process.
struct OwnKeyRule {
    let loaded: LoadedConfiguration

    init(_ loaded: LoadedConfiguration) { self.loaded = loaded }

    /// Whoever rotates the key that it runs with cuts itself off, with no one left to bring the key back: unless
    /// `self-rotation` says so, and the new key goes where keyturn reads it. And whoever has two entries for one IAM user retires
    /// with the one what the targets of the other hold.
    ///
    /// - Returns: the users that may be worked on. One that `discover` found is reported and left alone, so that a tag stops no one
    ///   else; one of `users` is a mistake that stops all.
    func permitted(
        _ users: [ConfiguredUser], _ accounts: Accounts
    ) async throws -> (users: [ConfiguredUser], status: ExitStatus) {
        let all = users.contains(where: \.isOwn) ? loaded.users : users
        let twins = namesakes(of: users)
        let identities = await identities(in: Set((all + twins).map { loaded.account(of: $0) }), accounts)
        var permitted: [ConfiguredUser] = []
        var status = ExitStatus.done
        for user in users {
            guard let refusal = refusal(of: user, identities) ?? twinRefusal(of: user, twins, identities) else {
                permitted.append(user)
                continue
            }
            guard user.origin != nil else { throw OperationFailure(.notAllowed, refusal) }
            loaded.log.fail(Sentences.joined(refusal, "The other users go on"))
            status = .notAllowed
        }
        return (permitted, status)
    }

    /// Users that another entry has by the same IAM name, through other settings of the account: those may lead to one account.
    private func namesakes(of users: [ConfiguredUser]) -> [ConfiguredUser] {
        let wanted = Set(users.map { $0.userName.lowercased() })
        let named = Dictionary(grouping: loaded.users) { $0.userName.lowercased() }
        return named.filter { wanted.contains($0.key) && $0.value.count > 1 }.values.flatMap(\.self)
    }

    private func twinRefusal(
        of user: ConfiguredUser, _ namesakes: [ConfiguredUser], _ identities: [Account: [CallerIdentity]]
    ) -> String? {
        func owner(_ user: ConfiguredUser) -> String? {
            identities[loaded.account(of: user)]?.first.map { ARN($0.arn).account }
        }
        let others = namesakes.filter {
            $0.name != user.name && $0.userName.lowercased() == user.userName.lowercased()
        }
        for other in others {
            guard let mine = owner(user), let theirs = owner(other) else {
                return
                    "\(user.name) and \(other.name) may be the same IAM user, \(user.userName): AWS does not say which accounts "
                    + "their settings lead to. Nothing was changed. `keyturn check --online` shows what is wrong."
            }
            guard mine == theirs else { continue }
            return
                "\(user.name) and \(other.name) are the same IAM user, \(user.userName) of account \(mine): the key that one "
                + "retires, the targets of the other hold. Nothing was changed. Put their targets under one of them."
        }
        return nil
    }

    /// Who keyturn is in each account. Where AWS gives no answer the work itself will say why; it never kills a key that it signs
    /// with.
    private func identities(
        in wanted: Set<Account>, _ accounts: Accounts
    ) async -> [Account: [CallerIdentity]] {
        await withTaskGroup(of: (Account, [CallerIdentity]).self) { group in
            for account in wanted {
                group.addTask { (account, (try? await accounts.iam(account).ownIdentities()) ?? []) }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    /// Why a user may not be rotated; nil: it may.
    ///
    /// - Parameter identities: who keyturn is in each account.
    func refusal(of user: ConfiguredUser, _ identities: [Account: [CallerIdentity]]) -> String? {
        let nothing = "Nothing was changed."
        guard user.isOwn, let own = loaded.configuration.selfRotation else {
            guard let same = Self.own(user.userName, identities[loaded.account(of: user)] ?? []) else { return nil }
            let place = user.origin.map { "\(user.name), found by `\($0)`" } ?? "`users.\(user.name)`"
            return
                "keyturn runs with a key of \(same.arn), which is \(place): it would cut itself off. Run it as another "
                + "identity, have the user rotated by `self-rotation`, or take it out of the configuration. \(nothing)"
        }
        // Any account that is entered with a key of the user must read it from the file that the new key is written to.
        let file = credentialsFile(of: own)
        let home = (identities[loaded.account(of: user)] ?? []).first.map { ARN($0.arn).account }
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

    func credentialsFile(of own: SelfRotation) -> CredentialsFile {
        CredentialsFile(profile: own.profile, environment: loaded.environment)
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
