/// When a call that did not go through is sent again.
struct RetryRules: Sendable {
    /// In all, the first one included.
    var tries: Int
    /// The wait before the second try is up to this; it doubles with each further one.
    var firstWait: Duration
    /// No wait is longer.
    var longestWait: Duration
    /// Nothing is sent again after that time. A store's caller holds a lease meanwhile; nil: the tries alone count.
    var patience: Duration?

    /// AWS's standard mode, by botocore's `retries/standard.py`: `rand(0,1) · min(2^(n-1), 20)` seconds before retry n.
    static let standard = RetryRules(tries: 3, firstWait: .seconds(1), longestWait: .seconds(20))
    /// What AWS's SDKs do for DynamoDB, by botocore's `_retry.json`: ten retries from 50 ms. They would wait for half a
    /// minute and more, which is longer than a lease: hence the patience.
    static let dynamoDB = RetryRules(
        tries: 11, firstWait: .milliseconds(50), longestWait: .seconds(5), patience: .seconds(15))

    /// - Parameter attempt: how many tries there were.
    func wait(after attempt: Int) -> Duration {
        // 2^16 times any first wait is more than the longest.
        min(firstWait * (1 << min(attempt - 1, 16)), longestWait) * Double.random(in: 0...1)
    }
}

extension Service {
    var retryRules: RetryRules { self == .dynamoDB ? .dynamoDB : .standard }
}

/// Whether a call may be sent a second time when the fate of the first is not known.
public enum Repeatability: Sendable {
    /// A second one does no harm.
    case safe
    /// It must not be.
    case never
}
