internal import AWS
internal import Configuration
internal import JSON
internal import PlainText
internal import PusherHost
internal import Rotation

/// What it takes for a target to need no key: an identity provider and a role in IAM, and what the pipeline does with them. Changes nothing.
package struct Federate {
    /// What is given besides the target.
    package struct Query: Sendable {
        package var branch: String?
        /// The token's `sub`, in place of what keyturn would write.
        package var subject: String?
        package var issuer: String?
        /// The account's number; nil: STS is asked.
        package var account: String?
        package var role: String?
        /// `NAME=VALUE` each.
        package var ids: [String] = []

        package init() {}
    }

    /// A role's name has 64 characters (IAM, CreateRole), of which `-apply` may be some.
    private static let longestRole = 58
    private static let longestValue = 512
    /// Takes the place of an account that is not known, where nothing of it is shown.
    private static let noAccount = "000000000000"

    private let loaded: LoadedConfiguration

    package init(_ context: OperationContext) async throws {
        (loaded, _) = try await LoadedConfiguration.recalled(context, for: .looking)
    }

    /// For people and programs, in the user's account.
    package func document(_ target: String, _ query: Query) async throws -> FederationDocument {
        // What is wrong with the command is reported before AWS is asked.
        var found = try find(target, query)
        if query.account == nil {
            found = try find(target, query, accountID: try await accountID(of: found.user))
        }
        return FederationDocument(found)
    }

    /// A CloudFormation template of the provider and the roles, for whatever account the stack is made in. Makes no requests.
    package func template(_ target: String, _ query: Query) throws -> String {
        FederationTemplate(try find(target, query)).text
    }

    /// A target, and how it federates.
    struct Found {
        var user: ConfiguredUser
        var target: ConfiguredTarget
        /// The system's name for people.
        var system: String
        var place: FederatedPlace
        var federation: Federation
    }

    private func find(_ name: String, _ query: Query, accountID: String? = nil) throws -> Found {
        let query = try Self.checked(query)
        let user = try loaded.users(of: name, [], [:], changes: false)[0]
        guard let target = user.targets.first(where: { $0.name.rawValue == name }),
            let pusher = loaded.pushers.first(where: { $0.name == target.pusher })
        else {
            throw OperationFailure(
                .failed, "\(name) needs a key: it is the one that keyturn itself runs with. Give keyturn a role instead"
            )
        }
        guard let system = FederatedSystem.all[pusher.plugin] else {
            let reason =
                FederatedSystem.without[pusher.plugin]
                ?? "keyturn does not know how the system of the plugin \(pusher.plugin) federates. Its documentation may say it"
            throw OperationFailure(.failed, "\(name) needs a key: \(reason). Nothing was changed.")
        }
        try Self.check(query, for: name, system)
        let fields = (try? JSONValue(parsing: target.fields))?.object ?? [:]
        let place = FederatedPlace(
            target: name, fields: fields, endpoint: pusher.endpoint,
            variables: fields["credential"]?.string.map { [$0] } ?? target.variables,
            account: loaded.account(of: user), accountID: query.account ?? accountID ?? Self.noAccount,
            role: query.role ?? Self.roleName(user.userName, name), query: query,
            ids: try Self.ids(query.ids, of: name, system), asks: system.asks)
        return Found(
            user: user, target: target, system: loaded.plugins[pusher.plugin]?.manifest.title ?? pusher.plugin,
            place: place, federation: try system.federation(place))
    }

    private func accountID(of user: ConfiguredUser) async throws -> String {
        let factory = ServiceFactory(loaded)
        let http = try factory.makeHTTP()
        defer { http.stop() }
        let identities: [CallerIdentity]
        do throws(AWSError) {
            identities = try await factory.makeAccounts(http).iam(loaded.account(of: user)).ownIdentities()
        } catch {
            throw OperationFailure(
                ExitStatus(error),
                "\(error.description). `federate` asks STS which account \(user.name) is in; `--account` with its number leaves that out"
            )
        }
        guard let account = Self.account(in: identities.first?.arn ?? "") else {
            throw OperationFailure(
                .failed, "STS did not say which account \(user.name) is in; give its number with `--account`")
        }
        return account
    }

    /// The account of an identity; nil: it is not 12 digits. It becomes part of commands that a person pastes.
    static func account(in arn: String) -> String? {
        let account = ARN(arn).account
        return isAccount(account) ? account : nil
    }

    private static func isAccount(_ text: String) -> Bool {
        text.utf8.count == 12 && text.utf8.allSatisfy { (0x30...0x39) ~= $0 }
    }

    // MARK: What is given

    private static func checked(_ query: Query) throws(OperationFailure) -> Query {
        let given =
            [
                ("--branch", query.branch), ("--sub", query.subject), ("--issuer", query.issuer),
                ("--role", query.role),
            ] + query.ids.map { ("--id", $0) }
        for (option, value) in given {
            guard let value else { continue }
            guard PlainText.line(value, limit: longestValue) == value, !value.isEmpty else {
                throw OperationFailure(
                    .usage,
                    "\(option): a value has 1 to \(longestValue) bytes, and no line breaks or blanks at its ends")
            }
        }
        if let account = query.account, !isAccount(account) {
            throw OperationFailure(.usage, "--account: `\(account)` must be the 12 digits of an AWS account")
        }
        if let role = query.role, role.utf8.count > longestRole || !role.utf8.allSatisfy(isRoleByte) {
            throw OperationFailure(
                .usage, "--role: a name has at most \(longestRole) letters, digits and characters of +=,.@_-")
        }
        if let issuer = query.issuer, !FederatedPlace.isIssuer(issuer) {
            throw OperationFailure(
                .usage, "--issuer: `\(issuer)` must be an https URL without port, query and fragment, as IAM takes it")
        }
        if let subject = query.subject, subject.contains("*") || subject.contains("?") {
            throw OperationFailure(
                .usage,
                "--sub: `\(subject)` must be the subject of one token, without wildcards: they match more than they seem to"
            )
        }
        return query
    }

    private static func check(_ query: Query, for target: String, _ system: FederatedSystem) throws(OperationFailure) {
        if query.branch != nil, !system.takesBranch {
            throw OperationFailure(
                .usage, "\(target): `--branch` has no effect: the tokens of its system do not name the branch for IAM")
        }
        if query.subject != nil, !system.takesSubject {
            throw OperationFailure(
                .usage, "\(target): `--sub` has no effect: there are two roles with different subjects")
        }
    }

    private static func ids(
        _ given: [String], of target: String, _ system: FederatedSystem
    ) throws(OperationFailure) -> [String: String] {
        var ids: [String: String] = [:]
        for text in given {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, let ask = system.asks.first(where: { $0.name == parts[0] }) else {
                let known = system.asks.map { "\($0.name) (\($0.meaning))" }.joined(separator: ", ")
                throw OperationFailure(
                    .usage,
                    "\(target): `--id \(text)` must be NAME=VALUE with one of these names: \(known.isEmpty ? "none" : known)"
                )
            }
            guard !parts[1].isEmpty, ask.form.fits(parts[1]) else {
                throw OperationFailure(.usage, "\(target): `--id \(text)`: the value must be \(ask.form.words)")
            }
            guard ids.updateValue(parts[1], forKey: parts[0]) == nil else {
                throw OperationFailure(.usage, "\(target): `--id \(parts[0])` is given twice")
            }
        }
        return ids
    }

    private static func isRoleByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "+=,.@_-".utf8.contains(byte)
        }
    }

    /// The user and the target, in what IAM takes.
    private static func roleName(_ user: String, _ target: String) -> String {
        let words = "\(user)-\(target)".utf8.split { !isRoleByte($0) }.map { String(decoding: $0, as: UTF8.self) }
        return String(words.joined(separator: "-").prefix(longestRole))
    }
}
