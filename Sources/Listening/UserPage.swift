/// One user with its history, as a page for people.
public struct UserPage {
    /// A line of the history.
    public struct Line: Hashable, Sendable {
        /// When.
        public var at: String
        /// What happened, as a sentence.
        public var sentence: String
        /// Who wrote it.
        public var by: String

        /// A line.
        public init(at: String, sentence: String, by: String) { (self.at, self.sentence, self.by) = (at, sentence, by) }
    }

    private static let start = "/user/"

    /// The name that a path asks for; nil: it is no such path.
    public static func user(at path: String) -> String? {
        guard path.hasPrefix(start) else { return nil }
        return Query.decoded(path.dropFirst(start.count))
    }

    /// Targets that are listed.
    private static let targetLimit = 5_000

    private let snapshot: Snapshot
    private let user: Snapshot.User
    private let lines: [Line]?
    private let refresh: Int
    private let parts: PageParts

    /// - Parameters:
    ///   - name: the user's.
    ///   - lines: the newest first; nil: the history cannot be read now.
    /// - Returns: nil: there is no such user.
    public init?(
        _ snapshot: Snapshot, _ times: StatusPage.Times, user name: String, _ lines: [Line]?, _ filter: PageFilter
    ) {
        guard let user = snapshot.users.first(where: { $0.name == name }) else { return nil }
        (self.snapshot, self.user, self.lines, refresh) = (snapshot, user, lines, filter.refresh)
        parts = PageParts(snapshot: snapshot, times: times)
    }

    /// The page.
    public var text: String {
        var budget = Self.targetLimit
        let body: HTML = """
            <header>
            <p><a href="/">All users</a></p>
            <h1>\(user.name)</h1>
            <p>\(parts.standing(user)); \(parts.next(user)). As of \(parts.time(snapshot.at)).</p>
            </header>
            <main>
            \(parts.alarm(user))\(parts.problem(user))\(parts.bar(user))\(parts.keys(user))\(parts.targets(user, &budget))\(history)\(commands)</main>

            """
        return parts.document(title: "\(user.name): keyturn", refresh: refresh, body).text
    }

    private var history: HTML {
        guard let lines else { return "<p>The history cannot be read now.</p>\n" }
        guard !lines.isEmpty else { return "<p>Nothing was done for this user yet.</p>\n" }
        var html: HTML = """
            <table>
            <caption>History, the newest first</caption>
            <thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">By</th></tr></thead>
            <tbody>

            """
        for line in lines {
            html +=
                "<tr><th scope=\"row\">\(line.at)</th><td data-label=\"What\" class=\"text\">\(HTML.prose(line.sentence))</td><td data-label=\"By\" class=\"text by\">\(line.by)</td></tr>\n"
        }
        html += "</tbody>\n</table>\n<p>The whole history: <code>keyturn history \(user.name)</code></p>\n"
        return html
    }

    /// What the user's state allows.
    private var commands: HTML {
        guard !user.orders.isEmpty else { return "" }
        var html: HTML = """
            <section aria-labelledby="commands-title">
            <h2 id="commands-title">What to type</h2>
            <dl>

            """
        for order in user.orders {
            html += "<dt><code>keyturn \(order.arguments(user.name))</code></dt><dd>\(order.purpose)</dd>\n"
        }
        html += "</dl>\n</section>\n"
        return html
    }
}

extension Snapshot.Order {
    fileprivate func arguments(_ user: String) -> String {
        switch self {
        case .retire, .forget: "\(rawValue) \(user) --reason REASON"
        case .retry, .rotate, .rollback, .revoke: "\(rawValue) \(user)"
        }
    }

    fileprivate var purpose: String {
        switch self {
        case .retry: "push again, and look at the targets, now"
        case .rotate: "begin a rotation now"
        case .rollback: "make the old key Active again"
        case .retire: "deactivate the old key now, although something speaks against it"
        case .revoke: "the current key has leaked: replace and kill it"
        case .forget: "the user is not to be rotated any more; this changes nothing in AWS"
        }
    }
}
