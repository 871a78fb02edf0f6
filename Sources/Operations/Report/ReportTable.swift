internal import PlainText

/// The report as a table of one line for each user, target, skip, leak and unmanaged key: for spreadsheets and documents.
package struct ReportTable {
    private static let header = ["what", "user", "name", "state", "at", "age-seconds", "detail"]
    private static let cellLimit = 2_000

    private let document: ReportDocument

    package init(_ document: ReportDocument) { self.document = document }

    private var rows: [[String]] {
        document.users.flatMap(rows)
            + (document.unmanaged ?? []).map {
                ["unmanaged-key", $0.user, $0.key, $0.status, $0.created, "\($0.seconds)", ""]
            }
            + [
                [
                    "federation", "", "", "\(document.federation.couldFederate) of \(document.federation.targets)",
                    document.until, "", "targets whose system could do without a key: keyturn federate TARGET",
                ],
                [
                    "history", "", document.history.head ?? "", document.history.ok ? "verified" : "changed",
                    document.until, "", "",
                ],
            ]
            + document.failures.map { ["failure", "", "", "", "", "", $0] }
    }

    private func rows(_ user: ReportDocument.User) -> [[String]] {
        let oldest = user.oldest.map { "oldest key \($0.key): \($0.isAtLeast ? "at least " : "")\($0.seconds) s" } ?? ""
        return [
            [
                "user", user.user, "", user.isConfigured ? user.phase : "left the configuration",
                user.lastRotation ?? "",
                user.oldest.map { "\($0.seconds)" } ?? "",
                ["\(user.rotations) rotations", oldest, user.problem ?? ""].filter { !$0.isEmpty }.joined(
                    separator: "; "),
            ]
        ]
            + user.keys.map { ["key", user.user, $0.id, "\($0.role), \($0.status)", $0.created, "\($0.seconds)", ""] }
            + user.targets.map {
                [
                    "target", user.user, $0.target, $0.state, $0.at ?? "", $0.seconds.map { "\($0)" } ?? "",
                    [$0.evidence ?? "", $0.couldFederate ? "could federate" : ""].filter { !$0.isEmpty }.joined(
                        separator: "; "),
                ]
            }
            + user.skips.map { ["skip", user.user, $0.target, "", $0.at, "", $0.reason ?? ""] }
            + user.leaks.map {
                [
                    "leak", user.user, $0.key, $0.deadAt == nil ? "Active" : "dead", $0.at, "\($0.seconds)",
                    $0.deadAt ?? "",
                ]
            }
    }

    /// RFC 4180, but for line ends as a terminal has them.
    package var csv: String {
        ([Self.header] + rows).map { $0.map(CSVCell.text).joined(separator: ",") + "\n" }.joined()
    }

    /// A table of GitHub's Markdown.
    package var markdown: String {
        func line(_ cells: [String]) -> String {
            "| "
                + cells.map { PlainText.line($0, limit: Self.cellLimit).replacing("|", with: "\\|") }.joined(
                    separator: " | ") + " |\n"
        }
        let period = (document.since.map { "from \($0) " } ?? "") + "to \(document.until)"
        return "# Access keys, \(period)\n\n" + line(Self.header) + line(Self.header.map { _ in "---" })
            + rows.map(line).joined()
    }
}
