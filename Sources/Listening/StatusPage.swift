public import Rotation

/// A snapshot as a page for people: problems first, no script, nothing from elsewhere.
public struct StatusPage {
    /// How times are shown.
    public struct Times: Sendable {
        /// `2026-11-22T10:00:00Z`
        public var text: @Sendable (Timestamp) -> String
        /// `3d 4h`
        public var span: @Sendable (Duration) -> String

        /// How times are shown.
        public init(
            text: @escaping @Sendable (Timestamp) -> String, span: @escaping @Sendable (Duration) -> String
        ) { (self.text, self.span) = (text, span) }
    }

    /// What the answer is called on the wire.
    public static let contentType = "text/html; charset=utf-8"
    /// Users without trouble whose details are shown at once; with more of them each has a line to open.
    private static let longestOpenList = 5
    /// Targets of one user that are listed.
    private static let longestTargetList = 200
    /// Targets of the whole page that are listed, so that it stays a page.
    private static let targetLimit = 10_000

    private let snapshot: Snapshot
    private let times: Times

    /// A page to be rendered.
    public init(_ snapshot: Snapshot, _ times: Times) { (self.snapshot, self.times) = (snapshot, times) }

    /// The page.
    public var text: String {
        let troubled = snapshot.users.filter(\.needsAttention)
        let fine = snapshot.users.filter { !$0.needsAttention }
        let (rotating, idle) = (fine.filter { $0.phase != .idle }, fine.filter { $0.phase == .idle })
        var budget = Self.targetLimit
        var body: HTML =
            "<header>\n<h1>keyturn status</h1>\n\(lead)</header>\n<main>\n\(refusal)\(summary(troubled.count, rotating.count, idle.count))"
        let isOpen = fine.count <= Self.longestOpenList
        body += section("attention", "Needs attention", troubled, isOpen: true, &budget)
        body += section("rotating", "Rotating", rotating, isOpen: isOpen, &budget)
        body += section("idle", "Idle", idle, isOpen: isOpen, &budget)
        if snapshot.users.isEmpty { body += "<p>The configuration has no users yet.</p>\n" }
        body +=
            "\(legend)</main>\n<footer><p>keyturn \(snapshot.version). This page only shows; to act, use the <code>keyturn</code> command. The same for programs: <a href=\"/status.json\">status.json</a>, <a href=\"/metrics\">metrics</a>.</p></footer>\n"
        let title = troubled.isEmpty ? "keyturn: all well" : "keyturn: \(troubled.count) need attention"
        let page: HTML = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(title)</title>
            <link rel="stylesheet" href="/style.css">
            </head>
            <body>
            \(body)</body>
            </html>

            """
        return page.text
    }

    private var lead: HTML {
        "<p>As of <time datetime=\"\(times.text(snapshot.at))\">\(times.text(snapshot.at))</time>. Reload the page to see what changed since.</p>\n"
    }

    private var refusal: HTML {
        guard let refusal = snapshot.configuration.refusal else { return "" }
        return
            "<p class=\"problem\"><strong>Configuration:</strong> the changed file cannot be used: \(refusal) keyturn works by the one of <time datetime=\"\(times.text(snapshot.configuration.takenUp))\">\(times.text(snapshot.configuration.takenUp))</time>.</p>\n"
    }

    private func summary(_ troubled: Int, _ rotating: Int, _ idle: Int) -> HTML {
        let users = snapshot.users.count
        let attention: HTML =
            troubled == 0
            ? "<li class=\"ok\"><span aria-hidden=\"true\">✓ </span>no one needs attention</li>"
            : "<li class=\"bad\"><a href=\"#attention\"><span aria-hidden=\"true\">! </span>\(count(troubled, "user needs", "users need")) attention</a></li>"
        let moving: HTML = rotating > 0 ? "<li><a href=\"#rotating\">\(rotating) rotating</a></li>" : ""
        let resting: HTML = idle > 0 ? "<li><a href=\"#idle\">\(idle) idle</a></li>" : ""
        return "<ul class=\"summary\"><li>\(count(users, "user", "users"))</li>\(attention)\(moving)\(resting)</ul>\n"
    }

    private func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }

    private func section(
        _ id: String, _ title: String, _ users: [Snapshot.User], isOpen: Bool, _ budget: inout Int
    ) -> HTML {
        guard !users.isEmpty else { return "" }
        var html: HTML =
            "<section id=\"\(id)\" aria-labelledby=\"\(id)-title\">\n<h2 id=\"\(id)-title\">\(title) (\(users.count))</h2>\n"
        for user in users { html += details(user, isOpen: isOpen, &budget) }
        html += "</section>\n"
        return html
    }

    private func details(_ user: Snapshot.User, isOpen: Bool, _ budget: inout Int) -> HTML {
        let opened: HTML = isOpen ? " open" : ""
        let kind: HTML = user.needsAttention ? "user bad" : "user"
        return """
            <details class="\(kind)"\(opened)>
            <summary><h3>\(user.name)</h3> <span class="phase">\(standing(user))</span> <span class="next">\(next(user))</span></summary>
            \(problem(user))\(bar(user))\(keys(user))\(targets(user, &budget))</details>

            """
    }

    private func standing(_ user: Snapshot.User) -> String {
        guard user.rotation > 0 else { return user.phase == .idle ? "no rotation yet" : user.phase.rawValue }
        return user.phase == .idle
            ? "rotation \(user.rotation) is complete" : "rotation \(user.rotation): \(user.phase.rawValue)"
    }

    private func next(_ user: Snapshot.User) -> HTML {
        guard let due = user.next.due else {
            return user.next.action == "blocked"
                ? "next: nothing, until <code>keyturn retry \(user.name)</code>"
                : "next: nothing, until <code>keyturn rotate \(user.name)</code>: never rotated"
        }
        let left = due - snapshot.at
        let when: HTML =
            left >= .seconds(1)
            ? "in <time datetime=\"\(times.text(due))\" title=\"\(times.text(due))\">\(times.span(left))</time>"
            : "now"
        return "next: \(Self.words[user.next.action] ?? user.next.action), \(when)"
    }

    /// What the steps are to someone who sees them for the first time.
    private static let words = [
        "observe": "look at the keys in IAM", "rotate": "a new key", "create": "create the new key",
        "verify": "check the new key with AWS", "push": "push the new key to the targets",
        "look": "look at the targets again", "activate": "make the old key Active again",
        "deactivate": "deactivate the old key", "delete": "delete the old key",
    ]

    private func problem(_ user: Snapshot.User) -> HTML {
        guard let problem = user.problem else { return "" }
        let help: HTML =
            user.problemCode == "not-delivered"
            ? "<span class=\"help\">keyturn tries again by itself. Fix what the target says; <code>keyturn retry --user \(user.name)</code> tries at once, and <code>keyturn skip</code> leaves a target out.</span>"
            : ""
        return "<p class=\"problem\"><strong>Problem:</strong> \(problem)\(help)</p>\n"
    }

    private func bar(_ user: Snapshot.User) -> HTML {
        let phases = Phase.allCases.filter { $0 != .idle }
        guard user.rotation > 0 || user.phase != .idle else { return "" }
        let position = phases.firstIndex(of: user.phase) ?? phases.count
        var html: HTML = "<ol class=\"bar\" aria-label=\"Life cycle of rotation \(user.rotation)\">"
        for (index, phase) in phases.enumerated() {
            let (kind, mark, words): (HTML, HTML, HTML) =
                index < position
                ? ("done", "✓", "done: ") : index == position ? ("here", "●", "now: ") : ("open", "○", "to come: ")
            let step: HTML = index == position ? " aria-current=\"step\"" : ""
            html +=
                "<li class=\"\(kind)\"\(step)><span aria-hidden=\"true\">\(mark)</span> <span class=\"words\">\(words)</span>\(phase.rawValue)</li>"
        }
        html += "</ol>\n"
        return html
    }

    private func keys(_ user: Snapshot.User) -> HTML {
        guard !user.keys.isEmpty else { return "<p>Keys: not looked at yet.</p>\n" }
        var html: HTML = """
            <table>
            <caption>Keys</caption>
            <thead><tr><th scope="col">Key</th><th scope="col">Role</th><th scope="col">Status</th><th scope="col">Age</th><th scope="col">Created</th></tr></thead>
            <tbody>

            """
        for key in user.keys {
            html += """
                <tr><th scope="row"><code>\(key.id)</code></th><td data-label="Role">\(key.role)</td><td data-label="Status">\(key.status)</td>\
                <td data-label="Age">\(times.span(max(.zero, snapshot.at - key.created)))</td><td data-label="Created">\(times.text(key.created))</td></tr>

                """
        }
        html += "</tbody>\n</table>\n"
        return html
    }

    private func targets(_ user: Snapshot.User, _ budget: inout Int) -> HTML {
        guard !user.deliveries.isEmpty else { return "" }
        let all = user.deliveries.filter { !$0.isQuiet } + user.deliveries.filter(\.isQuiet)
        let listed = all.prefix(min(Self.longestTargetList, budget))
        budget -= listed.count
        let unlisted = all.count - listed.count
        let states = ["failed", "unknown", "pending", "skipped", "confirmed"]
        let counts = states.compactMap { state in
            let count = all.count { $0.state == state }
            return count > 0 ? "\(count) \(state)" : nil
        }
        var html: HTML = """
            <table>
            <caption>\(count(all.count, "target", "targets")): \(counts.joined(separator: ", "))</caption>
            <thead><tr><th scope="col">Target</th><th scope="col">State</th><th scope="col">Evidence</th><th scope="col">Pushes</th><th scope="col">Since</th><th scope="col">What was said</th></tr></thead>
            <tbody>

            """
        for delivery in listed { html += row(delivery) }
        html += "</tbody>\n</table>\n"
        if unlisted > 0 {
            html +=
                "<p>And \(unlisted) more: <code>keyturn status --verbose --user \(user.name)</code> lists them.</p>\n"
        }
        return html
    }

    private func row(_ delivery: Snapshot.Delivery) -> HTML {
        let mark: HTML =
            switch delivery.state {
            case "confirmed": "<span class=\"ok\"><span aria-hidden=\"true\">✓ </span>confirmed</span>"
            case "failed", "unknown":
                "<span class=\"bad\"><span aria-hidden=\"true\">✗ </span>\(delivery.state)</span>"
            case "skipped": "<span class=\"wait\"><span aria-hidden=\"true\">– </span>skipped</span>"
            default: "<span class=\"wait\"><span aria-hidden=\"true\">… </span>\(delivery.state)</span>"
            }
        let torn: HTML =
            delivery.mayBeTorn
            ? "<strong class=\"bad\">May be torn: one variable of the old key, one of the new; jobs fail there.</strong> "
            : ""
        let drift: HTML = delivery.drift.map { "<strong class=\"bad\">Drift: \($0)</strong> " } ?? ""
        let said = delivery.drift == nil ? delivery.detail ?? "" : ""
        let empty: HTML = said.isEmpty && !delivery.mayBeTorn && delivery.drift == nil ? " class=\"empty\"" : ""
        let noEvidence: HTML = delivery.evidence == nil ? " class=\"empty\"" : ""
        let never: HTML = delivery.at == nil ? " class=\"empty\"" : ""
        return """
            <tr><th scope="row">\(delivery.target)</th><td data-label="State">\(mark)</td>\
            <td data-label="Evidence"\(noEvidence)>\(delivery.evidence ?? "")</td><td data-label="Pushes">\(delivery.attempts)</td>\
            <td data-label="Since"\(never)>\(delivery.at ?? "")</td><td data-label="What was said"\(empty)>\(torn)\(drift)\(said)</td></tr>

            """
    }

    private var legend: HTML {
        """
        <section id="words" aria-labelledby="words-title">
        <h2 id="words-title">What the words mean</h2>
        <dl>
        <dt>creating, verifying</dt><dd>A new key is made, and checked with AWS. The targets hold the old one.</dd>
        <dt>delivering</dt><dd>The new key goes to every target. Both keys work. It lasts until every target has confirmed.</dd>
        <dt>overlap</dt><dd>Every target holds the new key. Both keys work, so that jobs that began with the old one finish.</dd>
        <dt>soak</dt><dd>The old key is Inactive. <code>keyturn rollback</code> can still bring it back.</dd>
        <dt>deleting</dt><dd>The old key is deleted, and the rotation is complete.</dd>
        <dt>current, next, previous</dt><dd>The key that the targets hold; the new one, until every target has confirmed it; the one that was replaced.</dd>
        <dt>evidence</dt><dd>How a target confirmed: <em>read-back</em>, the key ID was read there and is equal; <em>timestamp</em>, the service shows a newer write; <em>version</em>, the store shows the new version as the current one; <em>last-four</em>, the end of the key ID was read there, and was another one before; <em>used</em>, a job was seen using the key; <em>acknowledged</em>, the service said yes and nothing can be read.</dd>
        <dt>failed, unknown</dt><dd>The target said no, or no one knows what it holds. The old key stays Active, and the push is tried again.</dd>
        </dl>
        </section>

        """
    }
}
