internal import Rotation

/// What the overview and the page of a user have in common.
struct PageParts {
    let snapshot: Snapshot
    let times: StatusPage.Times

    func document(title: String, refresh: Int, _ body: HTML) -> HTML {
        HTML.document(
            title: title, refresh: refresh,
            """
            \(body)<footer><p>keyturn \(snapshot.version). This page only shows; to act, use the <code>keyturn</code> command. The same for programs: <a href="/status.json">status.json</a>, <a href="/metrics">metrics</a>.</p></footer>

            """)
    }

    func time(_ moment: Timestamp) -> HTML { "<time datetime=\"\(times.text(moment))\">\(times.text(moment))</time>" }

    func count(_ number: Int, _ one: String, _ many: String) -> String { "\(number) \(number == 1 ? one : many)" }

    /// The address of a user's page.
    func link(_ user: Snapshot.User) -> HTML { "<a href=\"\(Self.address(user.name))\">\(user.name)</a>" }

    static func address(_ user: String) -> String { "/user/" + Query.encoded(user) }

    func standing(_ user: Snapshot.User) -> String {
        guard user.rotation > 0 else { return user.phase == .idle ? "no rotation yet" : user.phase.rawValue }
        return user.phase == .idle
            ? "rotation \(user.rotation) is complete" : "rotation \(user.rotation): \(user.phase.rawValue)"
    }

    /// What comes next, where no heading says that.
    func next(_ user: Snapshot.User) -> HTML { "next: \(nextStep(user))" }

    /// What comes next, and whether a freeze holds it up.
    func nextStep(_ user: Snapshot.User) -> HTML {
        let freeze: HTML = user.frozenUntil.map { " (freeze until \(time($0)))" } ?? ""
        return "\(step(user))\(freeze)"
    }

    private func step(_ user: Snapshot.User) -> HTML {
        guard let due = user.next.due else {
            guard user.next.action == "blocked" else {
                return "nothing, until <code>keyturn rotate \(user.name)</code>: never rotated"
            }
            return user.problemCode == Problem.Code.rolledBack.rawValue
                ? "nothing, until <code>keyturn retry \(user.name)</code>" : "nothing, until the problem is resolved"
        }
        let left = due - snapshot.at
        let when: HTML =
            left >= .seconds(1)
            ? "in <time datetime=\"\(times.text(due))\" title=\"\(times.text(due))\">\(times.span(left))</time>"
            : user.overdue >= .seconds(60)
                ? "<strong class=\"bad\">overdue by \(times.span(user.overdue))</strong>" : "now"
        return "\(Self.words[user.next.action] ?? user.next.action), \(when)"
    }

    /// What the steps are to someone who sees them for the first time.
    private static let words = [
        "observe": "look at the keys in IAM", "rotate": "a new key", "create": "create the new key",
        "verify": "check the new key with AWS", "push": "push the new key to the targets",
        "look": "look at the targets again", "activate": "make the old key Active again",
        "deactivate": "deactivate the old key", "delete": "delete the old key",
    ]

    /// A leaked key, and targets with a key that does not work: what must not be overlooked.
    func alarm(_ user: Snapshot.User) -> HTML {
        var html: HTML = ""
        if user.leaks.active > 0 {
            html += """
                <p class="alarm"><strong>LEAKED KEY STILL ACTIVE.</strong> It dies when every target has a new key; \
                <code>keyturn revoke \(user.name) --now</code> kills it before.</p>

                """
        } else if user.leaks.all > 0 {
            html +=
                "<p class=\"alarm\"><strong>A leaked key</strong> is dead, and not everything is replaced yet.</p>\n"
        }
        if user.cutOffTargets > 0 {
            html += """
                <p class="alarm"><strong>\(count(user.cutOffTargets, "target holds", "targets hold")) a key that does not work:</strong> \
                their jobs fail until they have the new one.</p>

                """
        }
        return html
    }

    func problem(_ user: Snapshot.User) -> HTML {
        guard let problem = user.problem else { return "" }
        let since: HTML = user.problemSince.map { " <span class=\"since\">Since \(time($0)).</span>" } ?? ""
        let help: HTML =
            user.problemCode == "not-delivered"
            ? "<span class=\"help\">keyturn tries again by itself. Resolve what the target says; <code>keyturn retry \(user.name)</code> tries at once, and <code>keyturn skip</code> leaves a target out.</span>"
            : ""
        return "<p class=\"problem\"><strong>Problem:</strong> \(HTML.sentence(problem))\(since)\(help)</p>\n"
    }

    func bar(_ user: Snapshot.User) -> HTML {
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

    func keys(_ user: Snapshot.User) -> HTML {
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

    /// - Parameter budget: how many of them are listed at most; it is spent.
    func targets(_ user: Snapshot.User, _ budget: inout Int) -> HTML {
        guard !user.deliveries.isEmpty else {
            return user.targets == 0
                ? "" : "<p>\(count(user.targets, "target", "targets")): nothing was pushed there yet.</p>\n"
        }
        let all = user.deliveries.filter { !$0.isQuiet } + user.deliveries.filter(\.isQuiet)
        let listed = all.prefix(max(0, budget))
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
            html += "<p>And \(unlisted) more: <code>keyturn status --verbose \(user.name)</code> lists them.</p>\n"
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
        let drift: HTML = delivery.drift.map { "<strong class=\"bad\">Drift: \(HTML.prose($0))</strong> " } ?? ""
        let said = delivery.drift == nil ? delivery.detail ?? "" : ""
        let empty: HTML = said.isEmpty && !delivery.mayBeTorn && delivery.drift == nil ? " class=\"empty\"" : ""
        let noEvidence: HTML = delivery.evidence == nil ? " class=\"empty\"" : ""
        let never: HTML = delivery.at == nil ? " class=\"empty\"" : ""
        return """
            <tr><th scope="row">\(delivery.target)</th><td data-label="State">\(mark)</td>\
            <td data-label="Evidence"\(noEvidence)>\(delivery.evidence ?? "")</td><td data-label="Pushes">\(delivery.attempts)</td>\
            <td data-label="Since"\(never)>\(delivery.at ?? "")</td><td data-label="What was said"\(empty)>\(torn)\(drift)\(HTML.prose(said))</td></tr>

            """
    }

    var legend: HTML {
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
        <dt>failed, unknown</dt><dd>The target refused, or it is unknown what it holds. The old key stays Active, and the push is tried again.</dd>
        </dl>
        </section>

        """
    }
}
