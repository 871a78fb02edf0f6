public import HTTP
public import Rotation
internal import Synchronization

/// The AWS accounts that a process works in. Users with the same settings share credentials, and a role is assumed once,
/// however many users it reaches.
public final class Accounts: Sendable {
    private struct Shared {
        var sources: [Account: RefreshingCredentials] = [:]
        var services: [Account: IAM] = [:]
    }

    /// What all of it is asked with.
    public let http: HTTPClient
    private let environment: [String: String]
    /// How AWS's clock and this machine's differ.
    public let clock: AWSClock
    private let warn: @Sendable (String) -> Void
    private let ended: @Sendable () -> Void
    private let shared = Mutex(Shared())

    /// - Parameters:
    ///   - environment: where credentials and endpoints may stand.
    ///   - now: this machine's time.
    ///   - warn: takes what an operator should know though the work goes on.
    ///   - ended: is called when AWS does not take credentials any more, and their source has no others. Not for those of a role, which
    ///     is assumed again.
    public init(
        http: HTTPClient, environment: [String: String], now: @escaping @Sendable () -> Timestamp = SystemTime.now,
        warn: @escaping @Sendable (String) -> Void, ended: @escaping @Sendable () -> Void = {}
    ) {
        self.http = http
        self.environment = environment
        clock = AWSClock(local: now)
        self.warn = warn
        self.ended = ended
    }

    /// The account's IAM and STS.
    public func iam(_ account: Account) -> IAM {
        shared.withLock { shared in
            if let found = shared.services[account] { return found }
            let made = IAM(
                account: account, source: source(account, &shared), http: http, environment: environment, clock: clock)
            shared.services[account] = made
            return made
        }
    }

    /// The account's credentials, for services other than IAM and STS: those that all who work in it share.
    public func credentials(of account: Account) -> any CredentialSource {
        shared.withLock { source(account, &$0) }
    }

    private func source(_ account: Account, _ shared: inout Shared) -> RefreshingCredentials {
        if let found = shared.sources[account] { return found }
        let surroundings = CredentialContext(account: account, environment: environment, http: http, clock: clock)
        let now: @Sendable () -> Timestamp = { [clock] in clock.now }
        let made: RefreshingCredentials
        if let role = account.role {
            var without = account
            without.role = nil
            let base = source(without, &shared)
            made = RefreshingCredentials(
                AssumedRole(role: role, base: base, surroundings: surroundings), now: now, warn: warn)
        } else {
            made = RefreshingCredentials(
                CredentialChain.standard(surroundings), now: now, warn: warn, ended: ended)
        }
        shared.sources[account] = made
        return made
    }
}
