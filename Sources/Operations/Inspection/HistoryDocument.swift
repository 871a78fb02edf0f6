internal import Configuration
internal import Journal
package import Rotation

/// Which lines of the history are wanted.
package struct HistoryQuery: Sendable {
    /// The newest N.
    package var limit: Int
    package var user: String?
    package var target: String?
    package var key: String?
    /// From then on, and before then.
    package var since: Timestamp?
    package var until: Timestamp?

    package init(limit: Int) { self.limit = limit }

    /// Whether nothing but the number of lines is limited.
    package var isForAll: Bool { [user, target, key].allSatisfy { $0 == nil } && since == nil && until == nil }
}

/// `history --json`.
package struct HistoryDocument: Encodable, Sendable {
    package struct Author: Encodable, Sendable {
        package var command: String
        package var host: String
        package var uid: Int64
        package var name: String?
        package var login: String?

        /// Who gave an order: `alice on build-1`, `alice as root on build-1`. One that came as an event has no person.
        var `operator`: String {
            let user = name ?? "uid \(uid)"
            let who = command == "lambda" ? "`keyturn lambda`" : login.map { "\($0) as \(user)" } ?? user
            return "\(who) on \(host)"
        }
    }

    package struct Line: Encodable, Sendable {
        /// Counts up for each user.
        package var id: Int64
        package var at: String
        package var user: String
        package var rotation: Int
        package var event: String
        package var key: String?
        package var target: String?
        package var evidence: String?
        package var detail: String?
        /// When a push that was not confirmed was to be tried again.
        package var retryAt: String?
        package var by: Author
        package var hash: String
        /// What happened, as a sentence.
        package let sentence: String

        private enum CodingKeys: String, CodingKey {
            case id, at, user, rotation, event, key, target, evidence, detail
            case retryAt = "retry-at"
            case by, hash
        }

        init(_ line: HistoryLine) {
            id = line.number
            at = Moment.text(line.at)
            user = line.user
            rotation = line.rotation
            event = line.note.kind.rawValue
            key = line.note.key?.rawValue
            target = line.note.target?.rawValue
            evidence = line.note.evidence?.rawValue
            detail = line.note.detail
            retryAt = line.note.retryAt.map(Moment.text)
            let author = line.author
            by = Author(
                command: author.command, host: author.host, uid: author.uid, name: author.name, login: author.login)
            hash = line.hash
            sentence = Narration(at: line.at, number: line.rotation).text(line.note, operator: by.operator)
                .naming(line.user)
        }
    }

    package var history: [Line]
    package var hasOlder: Bool
    /// That there is no state yet, and what makes it; nil: there is one. For people alone.
    package let absence: String?

    private enum CodingKeys: String, CodingKey {
        case history
        case hasOlder = "has-older"
    }
}

extension HistoryDocument {
    /// Reads the history, oldest line first.
    package init(_ context: OperationContext, _ query: HistoryQuery) async throws {
        let loaded = try LoadedConfiguration(context)
        let state = StateAccess(loaded, for: .looking)
        // One more, to know whether there are more.
        var filter = HistoryFilter(limit: query.limit == .max ? query.limit : query.limit + 1)
        filter.user = query.user
        filter.target = query.target.map { TargetName($0) }
        filter.key = query.key.map { AccessKeyID($0) }
        (filter.since, filter.until) = (query.since, query.until)
        let journal = try await state.read()
        absence = try await state.openIfThere() == nil ? state.absence : nil
        do throws(JournalError) {
            let found = try await journal.history(filter)
            history = found.suffix(query.limit).map(Line.init)
            hasOlder = found.count > query.limit
        } catch { throw OperationFailure(error) }
        // One who has left the configuration has a history; one who is neither here nor there is misspelled.
        if history.isEmpty, let user = query.user, try await state.records()[user] == nil {
            _ = try loaded.select([user])
        }
        if history.isEmpty, let target = query.target {
            _ = try loaded.users(of: target, [], try await state.records().mapValues(\.rotation), changes: false)
        }
    }
}
