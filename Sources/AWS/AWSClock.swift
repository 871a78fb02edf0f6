internal import FoundationEssentials
public import Rotation
internal import Synchronization

/// How AWS's clock and this machine's differ, as AWS's answers show it.
///
/// Times that AWS gives (when a key was made, when credentials end) are by AWS's clock, and signatures are judged by it. What
/// keyturn compares them with is this machine's time. One of these clocks is translated into the other here, and nowhere else.
public final class AWSClock: Sendable {
    /// A difference that is worth a word. AWS refuses signatures that are further off.
    public static let tolerance: Duration = .seconds(300)
    /// Smaller differences are noise: `Date` is cut to seconds, and requests take a while.
    private static let noise: Int64 = 2_000

    private struct State {
        /// Milliseconds by which AWS's clock is ahead; nil: no answer yet.
        var offset: Int64?
        /// The same, where AWS refused a signature for its time: then signatures are made by AWS's clock.
        var signing: Int64?
    }

    private let local: @Sendable () -> Timestamp
    private let state = Mutex(State())

    /// - Parameter local: this machine's time.
    public init(local: @escaping @Sendable () -> Timestamp = SystemTime.now) { self.local = local }

    /// By how much AWS's clock is ahead of this machine's; zero where they agree, or are not known to differ.
    public var lead: Duration { .milliseconds(state.withLock { $0.signing ?? $0.offset ?? 0 }) }

    /// The time by AWS's clock.
    var now: Timestamp { local() + lead }

    /// This machine's time.
    var localNow: Timestamp { local() }

    /// A time of AWS's as this machine's clock had it.
    func local(_ moment: Timestamp) -> Timestamp { moment - lead }

    /// `X-Amz-Date`, where it has to be another time than this machine's; nil: libcurl takes the machine's.
    var signingDate: String? {
        guard let signing = state.withLock({ $0.signing }) else { return nil }
        return AmazonTime.text(local() + .milliseconds(signing))
    }

    /// Takes note of an answer that AWS gave to a signature that it took.
    ///
    /// A `Date` can be a proxy's, too. One that is further off than a signature may be contradicts the answer itself, and is
    /// not believed.
    func note(date: String?, sent: Timestamp, received: Timestamp) {
        guard let date = date.flatMap(AmazonTime.httpDate) else { return }
        // AWS wrote it between the two, and cut it to a second.
        let (least, most) = (date - received, date + .seconds(1) - sent)
        let offset: Int64 =
            if least <= .zero, most >= .zero { 0 } else { Self.milliseconds(least + most) / 2 }
        state.withLock { state in
            if let signing = state.signing {
                // It stays until the clocks have come closer than any signature needs.
                guard abs(offset) < Self.milliseconds(Self.tolerance), abs(signing - offset) > 60_000 else { return }
                state.signing = nil
            }
            guard abs(offset) < Self.milliseconds(Self.tolerance) else { return }
            // Small changes are noise: what was once read stays the same.
            if let old = state.offset, abs(old - offset) < Self.noise { return }
            state.offset = abs(offset) < Self.noise ? 0 : offset
        }
    }

    /// Takes note of a signature that AWS refused for its time.
    ///
    /// - Parameters:
    ///   - message: AWS's words, which name its time.
    ///   - date: the answer's `Date`, where the words do not.
    /// - Returns: whether another signature may be taken.
    func noteRefusal(message: String, date: String?) -> Bool {
        guard let theirs = AmazonTime.last(in: message) ?? date.flatMap(AmazonTime.httpDate) else { return false }
        let offset = Self.milliseconds(theirs - local())
        return state.withLock { state in
            // The same again would be refused again.
            if let signing = state.signing, abs(signing - offset) < 60_000 { return false }
            state.signing = offset
            state.offset = offset
            return true
        }
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1_000 + duration.components.attoseconds / 1_000_000_000_000_000
    }

    /// What is to be said of a clock that is off; nil: it is not, by as much as matters.
    public var complaint: String? {
        let lead = lead
        let size = lead < .zero ? .zero - lead : lead
        guard size >= Self.tolerance else { return nil }
        let minutes = size.components.seconds / 60
        let text = minutes < 120 ? "\(minutes) minutes" : "\(minutes / 60) hours and \(minutes % 60) minutes"
        return
            "this machine's clock is \(text) \(lead > .zero ? "behind" : "ahead of") AWS's: set it (NTP); until then keyturn "
            + "signs by AWS's clock"
    }
}

/// Times as they stand in requests and answers of AWS.
enum AmazonTime {
    /// `20261122T100000Z`
    static func text(_ moment: Timestamp) -> String {
        let date = Date(timeIntervalSince1970: Double(moment.milliseconds / 1_000))
        return date.formatted(Date.ISO8601FormatStyle()).filter { $0 != "-" && $0 != ":" }
    }

    /// The time that AWS compared with: of "Signature expired: A is now earlier than B (C - 5 min.)" it is C, of "Signature not
    /// yet current: A is still later than B (C + 5 min.)" as well.
    static func last(in message: String) -> Timestamp? {
        guard let open = message.lastIndex(of: "(") else { return nil }
        return parse(message[message.index(after: open)...].prefix { $0 != " " && $0 != ")" })
    }

    private static func parse(_ text: Substring) -> Timestamp? {
        let digits = Array(text)
        guard digits.count == 16, digits[8] == "T", digits[15] == "Z" else { return nil }
        func part(_ range: Range<Int>) -> String { String(digits[range]) }
        return Moment.parse(
            "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z")
    }

    /// `Sun, 22 Nov 2026 10:00:00 GMT`
    static func httpDate(_ text: String) -> Timestamp? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let index = months.firstIndex(of: String(parts[2])) else {
            return nil
        }
        return Moment.parse("\(parts[3])-\(index < 9 ? "0" : "")\(index + 1)-\(parts[1])T\(parts[4])Z")
    }
}
