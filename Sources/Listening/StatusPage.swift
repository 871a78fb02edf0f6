public import Rotation

/// A snapshot as a page for people: what must not be overlooked first, no script, nothing from elsewhere.
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
    /// Users of a section whose details are shown at once; with more of them each has a line.
    private static let longestOpenList = 5
    /// Targets of one user that are listed.
    private static let longestTargetList = 200
    /// Targets of the whole page that are listed, so that it stays a page.
    private static let targetLimit = 10_000
    /// Names of a group that are listed before they are counted.
    private static let longestGroup = 50

    private let snapshot: Snapshot
    private let times: Times
    private let filter: PageFilter
    private var parts: PageParts { PageParts(snapshot: snapshot, times: times) }

    /// A page to be rendered.
    public init(_ snapshot: Snapshot, _ times: Times, _ filter: PageFilter = PageFilter()) {
        (self.snapshot, self.times, self.filter) = (snapshot, times, filter)
    }

    /// The page.
    public var text: String {
        let shown = snapshot.users.filter(filter.matches)
        let leaking = shown.filter(\.isAlarming)
        let troubled = shown.filter { $0.needsAttention && !$0.isAlarming }
        let fine = shown.filter { !$0.needsAttention && !$0.isAlarming }
        let (rotating, idle) = (fine.filter { $0.phase != .idle }, fine.filter { $0.phase == .idle })
        var budget = Self.targetLimit
        var body: HTML =
            "<header>\n<h1>keyturn status</h1>\n\(lead)</header>\n<main>\n\(refusal)\(summary)\(form)"
        body += alarms(leaking, &budget)
        body += attention(troubled, &budget)
        body += section("rotating", "Rotating", rotating, isOpen: fine.count <= Self.longestOpenList, &budget)
        body += idleSection(idle, &budget)
        if snapshot.users.isEmpty {
            body += "<p>The configuration has no users yet.</p>\n"
        } else if shown.isEmpty {
            body += "<p>No user matches. <a href=\"/\">Show all</a>.</p>\n"
        }
        body += "\(parts.legend)</main>\n"
        let alarming = snapshot.users.count(where: \.isAlarming)
        let needy = snapshot.users.count { $0.needsAttention || $0.isAlarming }
        let title =
            alarming > 0
            ? "keyturn: LEAK OR OUTAGE"
            : needy > 0
                ? "keyturn: \(needy) \(needy == 1 ? "needs" : "need") attention"
                : snapshot.configuration.refusal == nil ? "keyturn: all well" : "keyturn: configuration refused"
        return parts.document(title: title, refresh: filter.refresh, body).text
    }

    private var lead: HTML {
        let again: HTML =
            filter.refresh > 0
            ? "Shown again every \(filter.refresh) seconds." : "Reload the page to see what changed since."
        return "<p>As of \(parts.time(snapshot.at)). \(again)</p>\n"
    }

    private var refusal: HTML {
        guard let refusal = snapshot.configuration.refusal else { return "" }
        return
            "<p class=\"problem\"><strong>Configuration:</strong> the changed file cannot be used: \(HTML.sentence(refusal)) keyturn works by the one of \(parts.time(snapshot.configuration.takenUp)).</p>\n"
    }

    /// Counts of all users, whatever is shown.
    private var summary: HTML {
        let users = snapshot.users
        let alarming = users.count(where: \.isAlarming)
        let needy = users.count { $0.needsAttention && !$0.isAlarming }
        let rotating = users.count { $0.phase != .idle }
        let alarm: HTML =
            alarming > 0
            ? "<li class=\"alarm\"><a href=\"#alarm\"><span aria-hidden=\"true\">‼ </span>\(parts.count(alarming, "leak or outage", "leaks or outages"))</a></li>"
            : ""
        let attention: HTML =
            needy > 0
            ? "<li class=\"bad\"><a href=\"#attention\"><span aria-hidden=\"true\">! </span>\(parts.count(needy, "user needs", "users need")) attention</a></li>"
            : alarming == 0 ? "<li class=\"ok\"><span aria-hidden=\"true\">✓ </span>no user needs attention</li>" : ""
        let moving: HTML = rotating > 0 ? "<li><a href=\"/?show=rotating\">\(rotating) rotating</a></li>" : ""
        return
            "<ul class=\"summary\">\(alarm)<li>\(parts.count(users.count, "user", "users"))</li>\(attention)\(moving)</ul>\n"
    }

    /// A form that asks for another part of the page: no script is needed.
    private var form: HTML {
        guard !snapshot.users.isEmpty else { return "" }
        func option(_ value: String, _ words: String, _ isChosen: Bool) -> HTML {
            isChosen
                ? "<option value=\"\(value)\" selected>\(words)</option>"
                : "<option value=\"\(value)\">\(words)</option>"
        }
        let selections: [(PageFilter.Selection, String)] = [
            (.all, "all users"), (.attention, "needs attention"), (.rotating, "rotating"), (.idle, "idle"),
        ]
        var choices: HTML = ""
        for (selection, words) in selections {
            choices += option(selection.rawValue, words, filter.selection == selection)
        }
        var pushers: HTML = option("", "any", filter.pusher.isEmpty)
        for pusher in snapshot.pushers { pushers += option(pusher, pusher, filter.pusher == pusher) }
        var refreshes: HTML = ""
        for seconds in PageFilter.refreshes {
            refreshes += option(
                "\(seconds)", seconds == 0 ? "never" : "every \(times.span(.seconds(seconds)))",
                filter.refresh == seconds)
        }
        let all: HTML = filter.isEverything ? "" : " <a href=\"/\">Show all</a>"
        return """
            <form class="filter" method="get" action="/" role="search" aria-label="Filter">
            <label>Search <input type="search" name="q" value="\(filter.text)" placeholder="user, target or key"></label>
            <label>Show <select name="show">\(choices)</select></label>
            <label>Pusher <select name="pusher">\(pushers)</select></label>
            <label>Refresh <select name="refresh">\(refreshes)</select></label>
            <button type="submit">Apply</button>\(all)
            </form>

            """
    }

    private func alarms(_ users: [Snapshot.User], _ budget: inout Int) -> HTML {
        guard !users.isEmpty else { return "" }
        var html: HTML =
            "<section id=\"alarm\" class=\"alarms\" aria-labelledby=\"alarm-title\">\n<h2 id=\"alarm-title\">Leaked keys and outages (\(users.count))</h2>\n"
        for user in users { html += details(user, isOpen: true, &budget) }
        html += "</section>\n"
        return html
    }

    /// Users with the same cause are one entry: what has to be done is the same for all.
    private func attention(_ users: [Snapshot.User], _ budget: inout Int) -> HTML {
        guard !users.isEmpty else { return "" }
        var html: HTML =
            "<section id=\"attention\" aria-labelledby=\"attention-title\">\n<h2 id=\"attention-title\">Needs attention (\(users.count))</h2>\n"
        var seen: Set<String> = []
        let groups = Dictionary(grouping: users, by: \.cause)
        for user in users where seen.insert(user.cause).inserted {
            let group = groups[user.cause] ?? []
            if group.count == 1 { html += details(user, isOpen: true, &budget) } else { html += common(group) }
        }
        html += "</section>\n"
        return html
    }

    private func common(_ users: [Snapshot.User]) -> HTML {
        var names: HTML = ""
        for user in users.prefix(Self.longestGroup) { names += "<li>\(parts.link(user))</li>" }
        let more: HTML =
            users.count > Self.longestGroup ? "<p>And \(users.count - Self.longestGroup) more.</p>\n" : ""
        return """
            <details class="user bad">
            <summary><h3>\(parts.count(users.count, "user", "users"))</h3> <span class="phase">\(users[0].cause)</span></summary>
            \(parts.problem(users[0]))<ul class="names">\(names)</ul>
            \(more)</details>

            """
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

    /// Few of them with their details, many as lines of a table.
    private func idleSection(_ users: [Snapshot.User], _ budget: inout Int) -> HTML {
        guard users.count > Self.longestOpenList else { return section("idle", "Idle", users, isOpen: true, &budget) }
        var html: HTML = """
            <section id="idle" aria-labelledby="idle-title">
            <h2 id="idle-title">Idle (\(users.count))</h2>
            <table>
            <caption class="words">Idle users</caption>
            <thead><tr><th scope="col">User</th><th scope="col">Targets</th><th scope="col">Key</th><th scope="col">Age</th><th scope="col">Next</th></tr></thead>
            <tbody>

            """
        for user in users {
            let key = user.keys.first { $0.role == "current" }
            html += """
                <tr><th scope="row">\(parts.link(user))</th><td data-label="Targets">\(user.targets)</td>\
                <td data-label="Key"><code>\(key?.id ?? "")</code></td>\
                <td data-label="Age">\(key.map { times.span(max(.zero, snapshot.at - $0.created)) } ?? "")</td>\
                <td data-label="Next">\(parts.nextStep(user))</td></tr>

                """
        }
        html += "</tbody>\n</table>\n</section>\n"
        return html
    }

    private func details(_ user: Snapshot.User, isOpen: Bool, _ budget: inout Int) -> HTML {
        let opened: HTML = isOpen ? " open" : ""
        let kind: HTML = user.needsAttention || user.isAlarming ? "user bad" : "user"
        var own = min(Self.longestTargetList, budget)
        let before = own
        defer { budget -= before - own }
        return """
            <details class="\(kind)"\(opened)>
            <summary><h3>\(user.name)</h3> <span class="phase">\(parts.standing(user))</span> <span class="next">\(parts.next(user))</span></summary>
            \(parts.alarm(user))\(parts.problem(user))\(parts.bar(user))\(parts.keys(user))\(parts.targets(user, &own))<p><a href="\(PageParts.address(user.name))">History of \(user.name)</a></p>
            </details>

            """
    }
}

extension Snapshot.User {
    /// A leaked key, or targets that hold a key which does not work.
    var isAlarming: Bool { leaks.all > 0 || cutOffTargets > 0 }

    /// What users have in common whose problem has the same reason: a pusher and what its service says, or the kind of problem.
    var cause: String {
        guard problemCode == "not-delivered" || problemCode == nil else { return problemCode ?? "" }
        let failed = deliveries.filter { !$0.isQuiet }
        guard let first = failed.first(where: { $0.detail != nil || $0.drift != nil }) else {
            return problemCode ?? "see below"
        }
        if first.drift != nil { return "\(first.pusher): drift" }
        // The place comes first in what a pusher says: what follows is the same for all of a token.
        let words = (first.detail ?? "").split(separator: ": ").last.map(String.init) ?? ""
        return "\(first.pusher): \(words)"
    }
}
