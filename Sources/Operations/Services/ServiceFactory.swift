internal import AWS
internal import Configuration
internal import Engine
internal import FoundationEssentials
internal import HTTP

/// Makes what operations work with, as the configuration says. It keeps nothing of it.
struct ServiceFactory {
    let loaded: LoadedConfiguration

    init(_ loaded: LoadedConfiguration) { self.loaded = loaded }

    var log: EventLog { loaded.log }

    /// What every HTTP client of the process has in common. Each owner (AWS, each pusher, notifications) has a client of its
    /// own: nothing that one of them leaves on a connection can reach another.
    func makeHTTP() throws -> HTTPClients {
        var options = HTTPClient.Options()
        options.authorities = loaded.configuration.authorities
        if let authorities = options.authorities, !FileManager.default.isReadableFile(atPath: authorities) {
            throw OperationFailure(.configuration, "\(loaded.file): `ca-file`: \(authorities) cannot be read")
        }
        return HTTPClients(options)
    }

    /// The AWS accounts, with credentials that all users share.
    func makeAccounts(_ http: HTTPClients) -> Accounts {
        Accounts(
            http: http.aws, environment: loaded.environment, warn: { [log] in log.warn($0) },
            ended: loaded.context.credentialsEnded)
    }

    /// Users as the engine works on them.
    func manage(_ users: [ConfiguredUser], _ accounts: Accounts) -> [ManagedUser] {
        users.map { user in
            ManagedUser(
                name: user.name, userName: user.userName, keys: IAMKeys(iam: accounts.iam(loaded.account(of: user))),
                policy: user.policy,
                targets: user.targets.map(ManagedTarget.init), comesLast: user.isOwn,
                forgotten: loaded.configuration.forgotten)
        }
    }
}
