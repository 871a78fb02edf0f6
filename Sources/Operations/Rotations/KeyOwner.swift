internal import AWS
internal import Configuration
internal import Journal
internal import Rotation

/// Finds whose key an access key is.
struct KeyOwner {
    let loaded: LoadedConfiguration
    /// What the state knows of the users.
    let records: [String: JournalRecord]

    /// Who has a key.
    enum Owner {
        case user(ConfiguredUser)
        /// No user of the configuration, in a sentence.
        case unmanaged(String)
    }

    /// The user of the configuration that an access key belongs to: by keyturn's own records, else by IAM.
    ///
    /// - Throws: ``OperationFailure``: `failed` where it belongs to no user of the configuration; `notAllowed` or `unavailable` where
    ///   IAM did not say.
    func user(owning key: AccessKeyID) async throws -> ConfiguredUser {
        switch try await find(owning: key) {
        case .user(let user): return user
        case .unmanaged(let reason): throw OperationFailure(.failed, "\(key) \(reason)")
        }
    }

    /// Who has the key.
    ///
    /// - Throws: ``OperationFailure``: `notAllowed` or `unavailable` where IAM did not say.
    func find(owning key: AccessKeyID) async throws -> Owner {
        let nothing = "Nothing was changed."
        let (users, file) = (loaded.users, loaded.file)
        if let name = recordedUser(owning: key) {
            if let user = users.first(where: { $0.name == name }) { return .user(user) }
            return .unmanaged("is a key of \(name), which is no longer in \(file). \(nothing) Deactivate it in IAM.")
        }
        let factory = ServiceFactory(loaded)
        let http = try factory.makeHTTP()
        defer { http.stop() }
        let accounts = factory.makeAccounts(http)
        var refusals: [AWSError] = []
        var owners: [String] = []
        var asked: Set<Account> = []
        for account in users.map({ loaded.account(of: $0) }) where asked.insert(account).inserted {
            do throws(AWSError) {
                guard let name = try await accounts.iam(account).userName(owning: key) else { continue }
                // IAM keeps the case of names and does not distinguish names by it.
                let user = users.first {
                    $0.userName.lowercased() == name.lowercased() && loaded.account(of: $0) == account
                }
                if let user { return .user(user) }
                owners.append(name)
            } catch { refusals.append(error) }
        }
        if let owner = owners.first {
            return .unmanaged(
                "is a key of the IAM user \(owner), which is not in \(file). \(nothing) Deactivate it in IAM.")
        }
        guard let refusal = refusals.max(by: { ExitStatus($0).worse(ExitStatus($1)) == ExitStatus($1) }) else {
            return .unmanaged("is not a key of a user in \(file): IAM does not know it. \(nothing)")
        }
        let hint =
            refusal.code == .denied
            ? " AWS also answers so for a key of another account: `aws sts get-access-key-info --access-key-id \(key)` says whose it is."
            : ""
        throw OperationFailure(
            ExitStatus(refusal),
            "keyturn has no record of \(key), and IAM did not say which user it belongs to: \(refusal.description). \(nothing)\(hint) "
                + "`keyturn revoke USER` needs no key ID.")
    }

    private func recordedUser(owning key: AccessKeyID) -> String? {
        let holder =
            records.first { $0.value.rotation.accountsFor(key) } ?? records.first { $0.value.rotation.hasDeleted(key) }
        return holder?.key
    }
}
