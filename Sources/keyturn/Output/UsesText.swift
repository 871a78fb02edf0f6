internal import Operations

/// Who used a key, for people.
struct UsesText {
    /// Groups that are shown without `--verbose`.
    private static let longestList = 25

    let document: UsesDocument
    let terminal: Terminal
    var isVerbose = false

    var text: String {
        var blocks = [
            terminal.wrapped(
                "Uses of \(document.key) (\(document.user)) from \(document.since) to \(document.until)", indent: 4)
                + "\n"
        ]
        if let use = document.lastUsed {
            let place = [use.service, use.region.map { "in \($0)" }].compactMap { $0 }.joined(separator: " ")
            blocks.append("IAM: last used \(use.at)\(place.isEmpty ? "" : ", for \(place)")\n")
        }
        blocks.append(document.uses.isEmpty ? "\(nothing)\n" : uses)
        blocks.append(sources)
        blocks.append(
            terminal.wrapped(
                "Silence proves nothing: events arrive up to 15 minutes late, and reads and writes of data are recorded only where a trail was set up for them.",
                indent: 0) + "\n")
        return blocks.joined(separator: "\n")
    }

    private var uses: String {
        let shown = isVerbose ? document.uses : Array(document.uses.prefix(Self.longestList))
        let lines = shown.map { use in
            let who = use.program.map { "\($0), " } ?? ""
            let place = use.network.map { "\(use.address) (\($0))" } ?? use.address
            let count = use.count == 1 ? "once" : "\(use.count) times"
            let refused = use.refused > 0 ? ", \(use.refused) refused" : ""
            let head = terminal.styled("\(who)from \(place)", .bold)
            let detail =
                "\(count), last \(use.last)\(refused): \(use.service) \(use.operations.joined(separator: ", ")) in \(use.regions.joined(separator: ", "))"
            return "\(terminal.wrapped(head, indent: 4))\n    \(terminal.wrapped(detail, indent: 4))\n"
                + (use.agent.isEmpty ? "" : "    \(terminal.wrapped("agent: \(use.agent)", indent: 4))\n")
        }
        let left = document.uses.count - shown.count
        return lines.joined() + (left > 0 ? "and \(left) more; --verbose lists them\n" : "")
    }

    /// What could not be read may have had one.
    private var nothing: String {
        document.sources.allSatisfy(\.problems.isEmpty)
            ? "No use was found." : "No use was found in what could be read."
    }

    private var sources: String {
        document.sources.map { source in
            let more = source.hasMore ? "; there are more, which were not read" : ""
            let head = "looked through \(source.name): \(counted(source.records, "event"))\(more)\n"
            return head
                + source.problems.map { "\(terminal.styled("FAILED", .red))  \(terminal.wrapped($0, indent: 8))\n" }
                .joined()
        }.joined()
    }
}
