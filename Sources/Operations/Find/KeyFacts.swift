internal import AWS
internal import Rotation

/// What IAM says of one access key.
struct KeyFacts: Sendable {
    /// What it is worth.
    enum Standing: Hashable, Sendable {
        case key(AccessKey.Status)
        /// No account that was asked has it.
        case gone
        /// AWS does not answer for it: it is another account's, or asking is not permitted.
        case foreign
        /// IAM could not be asked, with the reason.
        case unknown(String)
    }

    var standing: Standing
    /// The IAM user.
    var user: String?
    var created: Timestamp?
    /// The number of the account that a foreign key belongs to; nil: STS did not say.
    var account: String?
    /// When it was last used; nil: never, or not asked.
    var lastUse: LastUse?
    /// Whether the last use is known, also where there was none.
    var wasAsked = false
}

/// Asks IAM for the keys that were found, and for those of the configured users: each once.
struct KeyLookup {
    /// Keys that are asked for: places can hold many, and their plugin's word is all there is for it.
    private static let mostKeys = 10_000
    /// Foreign keys whose account is asked for, by a request for each.
    private static let mostForeignKeys = 1_000

    /// The accounts, the default one first.
    let accounts: [IAM]
    /// The configured users by IAM name, each in its account.
    let users: [(name: String, iam: IAM)]

    /// What is known after that.
    struct Result {
        var keys: [String: KeyFacts] = [:]
        /// Users whose keys could not be listed, with the reason.
        var faults: [(user: String, reason: String)] = []
    }

    /// - Parameter found: the key IDs that places hold.
    func run(_ found: Set<String>) async -> Result {
        var result = Result()
        var listed: Set<String> = []
        await list(users, &result, &listed)
        // Of a listed key the user is known already; of any other it is asked for, and that user's keys are listed, too.
        let asked = found.sorted().prefix(Self.mostKeys)
        let owners = await atOnce(asked.filter { result.keys[$0] == nil }) { ($0, await owner(of: $0)) }
        var more: [(name: String, iam: IAM)] = []
        for (id, owner) in owners {
            result.keys[id] = owner.facts
            if let user = owner.facts.user, let iam = owner.iam, !listed.contains(user),
                !more.contains(where: { $0.name == user })
            {
                more.append((user, iam))
            }
        }
        await list(more, &result, &listed)
        await askAccounts(&result)
        await askUses(&result, users + more)
        return result
    }

    private func list(_ users: [(name: String, iam: IAM)], _ result: inout Result, _ listed: inout Set<String>) async {
        let lists = await atOnce(users) { user -> (String, Swift.Result<[AccessKey], AWSError>) in
            let result = await user.iam.accessKeys(of: user.name)
            return (user.name, result)
        }
        for (user, list) in lists {
            listed.insert(user)
            switch list {
            case .success(let keys):
                for key in keys {
                    var facts = result.keys[key.id.rawValue] ?? KeyFacts(standing: .gone)
                    (facts.standing, facts.user, facts.created) = (.key(key.status), user, key.created)
                    result.keys[key.id.rawValue] = facts
                }
            case .failure(let error): result.faults.append((user, error.description))
            }
        }
    }

    /// Last uses of keys that were only listed. The answer that names a key's owner has its last use already.
    private func askUses(_ result: inout Result, _ users: [(name: String, iam: IAM)]) async {
        let open = result.keys.filter { $0.value.user != nil && $0.value.lastUse == nil && !$0.value.wasAsked }
        let byUser = Dictionary(users.map { ($0.name, $0.iam) }) { first, _ in first }
        let uses = await atOnce(open.map { ($0.key, $0.value.user ?? "") }) { id, user -> (String, KeyUse?) in
            guard let iam = byUser[user] ?? accounts.first else { return (id, nil) }
            return (id, try? await iam.use(of: AccessKeyID(id)))
        }
        for (id, use) in uses { result.keys[id]?.lastUse = use?.last }
    }

    /// The accounts of the keys for which IAM does not answer. What STS does not say is not a fault: the standing says what is known.
    private func askAccounts(_ result: inout Result) async {
        guard let sts = accounts.first else { return }
        let foreign = result.keys.filter { $0.value.standing == .foreign }.map(\.key).sorted()
        let found = await atOnce(Array(foreign.prefix(Self.mostForeignKeys))) { id -> (String, String?) in
            (id, try? await sts.account(owning: AccessKeyID(id)))
        }
        for (id, account) in found { result.keys[id]?.account = account }
    }

    private func owner(of id: String) async -> (facts: KeyFacts, iam: IAM?) {
        var isForeign = false
        for iam in accounts {
            do throws(AWSError) {
                guard let use = try await iam.use(of: AccessKeyID(id)) else { continue }
                var facts = KeyFacts(
                    standing: .unknown("the keys of \(use.user) could not be listed"), user: use.user, lastUse: use.last
                )
                facts.wasAsked = true
                return (facts, iam)
            } catch {
                guard error.code == .denied else { return (KeyFacts(standing: .unknown(error.description)), nil) }
                isForeign = true
            }
        }
        return (KeyFacts(standing: isForeign ? .foreign : .gone), nil)
    }
}
