internal import Glibc
internal import Operations
internal import Rotation
internal import Synchronization

/// What `find` saw, for people.
struct FindText {
    /// Parts that were not seen and are listed one by one; more of one pusher and reason have a line together.
    private static let longestList = 8

    let document: FindDocument
    let terminal: Terminal
    let isVerbose: Bool

    var text: String { Self.joined([table, summary, unproved, unseen, unplaced]) }

    /// What a table for spreadsheets has no lines for: how much was found, and what was not seen.
    var textBesideTable: String { Self.joined([summary, unproved, unseen, unplaced]) }

    private static func joined(_ parts: [String]) -> String {
        parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private var table: String {
        guard !document.find.places.isEmpty else { return "" }
        var table = Table(
            header: ["STANDING", "PLACE", "VARIABLES", "KEY", "USER", "AGE", "LAST USED", "NOTE"], subject: 1)
        table.rows = document.find.places.map { place in
            [
                place.standing.rawValue, "\(place.pusher):\(place.place)", place.names.joined(separator: ", "),
                place.key ?? "-", place.user ?? "-", age(place),
                place.lastUsed?.at ?? (place.key == nil ? "-" : "never"),
                note(place),
            ]
        }
        return table.text(terminal)
    }

    /// Of the key, in days.
    private func age(_ place: FindDocument.Place) -> String {
        guard let created = place.keyCreated.flatMap(Moment.parse) else { return "-" }
        return "\(max(0, (Moment.now - created).components.seconds) / 86_400)d"
    }

    private func note(_ place: FindDocument.Place) -> String {
        let shadows = place.shadowedBy
        let shown = shadows.isEmpty ? nil : "overridden by \(listed(shadows, most: isVerbose ? .max : 2))"
        let status = place.keyStatus.flatMap { $0 == "Active" || $0 == "not known" ? nil : "key \($0)" }
        return [status, place.state, shown, place.key == nil ? place.written.map { "written \($0)" } : nil, place.note]
            .compactMap { $0 }.joined(separator: "; ")
    }

    private var summary: String {
        let counts = Dictionary(grouping: document.find.places, by: \.standing).mapValues(\.count)
        let words = FindDocument.Standing.allCases.compactMap { standing in
            counts[standing].map { "\($0) \(standing.rawValue)" }
        }
        let places = document.find.places.count
        let shown = words.isEmpty ? "" : ": \(words.joined(separator: ", "))"
        let text =
            "\(counted(places, "place")) in \(document.find.scopes.joined(separator: ", "))\(shown)"
        return terminal.wrapped(text, indent: 4) + "\n"
    }

    /// Not permitted, cannot be asked, failed: three different things, and none of them is an empty list.
    private var unseen: String {
        let groups = Dictionary(grouping: document.find.unseen) { "\($0.pusher) \($0.reason.rawValue)" }
        return groups.sorted { $0.key < $1.key }.map { _, parts in
            let first = parts[0]
            let head =
                terminal.wrapped("\(first.pusher): \(Self.words(first.reason)) (\(parts.count)):", indent: 4) + "\n"
            let shown = isVerbose ? parts : Array(parts.prefix(Self.longestList))
            let lines = shown.map { "  \(terminal.wrapped("\($0.part): \($0.detail)", indent: 4))\n" }
            let left = parts.count - shown.count
            return terminal.styled(head, .yellow) + lines.joined()
                + (left > 0 ? "  and \(left) more; --verbose lists them\n" : "")
        }.joined()
    }

    private static func words(_ reason: FindDocument.Reason) -> String {
        switch reason {
        case .notPermitted: "not seen, for the token may not read it, or it is not there"
        case .cannotBeAsked: "not seen, for it cannot be asked"
        case .failed: "not seen, for it failed"
        }
    }

    private var unproved: String {
        let lines = document.find.unproved ?? []
        guard !lines.isEmpty else { return "" }
        let shown = isVerbose ? lines : Array(lines.prefix(Self.longestList))
        let left = lines.count - shown.count
        return terminal.styled("Proofs that were not accepted (\(lines.count)):\n", .yellow)
            + shown.map { "  \(terminal.wrapped("\($0.log):\($0.line): \($0.detail)", indent: 4))\n" }.joined()
            + (left > 0 ? "  and \(left) more; --verbose lists them\n" : "")
    }

    private var unplaced: String {
        guard !document.find.unplaced.isEmpty else { return "" }
        let head = "Keys in use that were found nowhere:\n"
        return terminal.styled(head, .yellow)
            + document.find.unplaced.map { key in
                let service = key.lastUsed.service.map { " by \($0)" } ?? ""
                let text = "\(key.key) of \(key.user), last used \(key.lastUsed.at)\(service)"
                return "  \(terminal.wrapped(text, indent: 4))\n"
            }.joined()
    }
}

/// How far a look has come, on a line of stderr that is drawn over; where stderr is not a terminal, nothing.
final class FindProgressLine: Sendable {
    private let isShown: Bool
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    init(isQuiet: Bool) { isShown = !isQuiet && isatty(STDERR_FILENO) == 1 }

    func show(_ progress: FindProgress) {
        guard isShown else { return }
        let isDue = last.withLock { last in
            if progress.waiting == nil, let last, .now - last < .milliseconds(200) { return false }
            last = .now
            return true
        }
        guard isDue else { return }
        let waiting = progress.waiting.map { "; \($0)" } ?? ""
        let text =
            "looked through \(progress.done) of \(counted(progress.known, "scope")), \(counted(progress.places, "place"))\(waiting)"
        StandardStream.error.draw(text)
    }

    func clear() { if isShown { StandardStream.error.draw("") } }
}
