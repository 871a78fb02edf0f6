/// A kind of place that keyturn itself writes to, without a plugin and its process.
public protocol BuiltInTarget: Sendable {
    /// Answers as a pusher would. It may block for as long as a file takes.
    func answer(_ question: PusherHost.Question) -> CallReport
}
