internal import FoundationEssentials
internal import HTTP
public import Rotation

/// What sources need of the world: variables, a network, an STS, and the time.
struct CredentialContext: Sendable {
    /// Where STS is reached, and which profile is wanted.
    var account: Account
    var environment: [String: String]
    var http: HTTPClient
    var clock: AWSClock

    /// A variable that is set, and not to nothing.
    func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    var sts: QueryClient {
        QueryClient(
            client: SignedClient(
                account: account, http: http, environment: environment, retries: RetryBudget(), clock: clock))
    }
}

/// The system's time.
public enum SystemTime {
    /// Now, by the wall's clock: AWS's expiries are by it.
    public static let now: @Sendable () -> Timestamp = {
        Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
    }
}
