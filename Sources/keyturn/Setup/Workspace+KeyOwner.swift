internal import AWS
internal import Configuration
internal import Journal
internal import Rotation

extension Workspace {
    /// The user of the configuration that an access key belongs to: by keyturn's own records, else by IAM.
    ///
    /// - Throws: ``CommandFailure``: `failed` where it belongs to no user of the configuration; `notAllowed` or `unavailable` where
    ///   IAM did not say.
    func user(owning key: AccessKeyID) async throws -> ConfiguredUser {
        let nothing = "Nothing was changed."
        if let name = try await recordedUser(owning: key) {
            if let user = users.first(where: { $0.name == name }) { return user }
            throw CommandFailure(
                .failed,
                "\(key) is a key of \(name), which is no longer in \(configuration.file). \(nothing) Deactivate it in IAM."
            )
        }
        let log = EventLog(options)
        let http = try makeHTTP()
        defer { http.stop() }
        let accounts = makeAccounts(http, log)
        var refusals: [AWSError] = []
        var owners: [String] = []
        var asked: Set<Account> = []
        for account in users.map({ self.account(of: $0) }) where asked.insert(account).inserted {
            do throws(AWSError) {
                guard let name = try await accounts.iam(account).userName(owning: key) else { continue }
                // IAM keeps the case of names and does not tell names apart by it.
                let user = users.first {
                    $0.userName.lowercased() == name.lowercased() && self.account(of: $0) == account
                }
                if let user { return user }
                owners.append(name)
            } catch { refusals.append(error) }
        }
        if let owner = owners.first {
            throw CommandFailure(
                .failed,
                "\(key) is a key of the IAM user \(owner), which is not in \(configuration.file). \(nothing) Deactivate it in IAM."
            )
        }
        guard let refusal = refusals.max(by: { Self.status($0).worse(Self.status($1)) == Self.status($1) }) else {
            throw CommandFailure(
                .failed, "\(key) is not a key of a user in \(configuration.file): IAM does not know it. \(nothing)")
        }
        let hint =
            refusal.code == .denied
            ? " AWS also answers so for a key of another account: `aws sts get-access-key-info --access-key-id \(key)` says whose it is."
            : ""
        throw CommandFailure(
            Self.status(refusal),
            "keyturn has no record of \(key), and IAM did not say which user it belongs to: \(refusal.description). \(nothing)\(hint) "
                + "`keyturn revoke USER` needs no key ID.")
    }

    private func recordedUser(owning key: AccessKeyID) async throws -> String? {
        let records = try await readJournal().records()
        let holder =
            records.first { $0.value.rotation.accountsFor(key) } ?? records.first { $0.value.rotation.hasDeleted(key) }
        return holder?.key
    }

    private static func status(_ error: AWSError) -> ExitStatus {
        switch error.code {
        case .denied, .unknownKey: .notAllowed
        case .unreachable, .lost: .unavailable
        case .limitExceeded, .noSuchEntity, .refused: .failed
        }
    }
}
