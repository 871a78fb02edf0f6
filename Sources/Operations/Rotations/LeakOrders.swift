internal import Configuration
internal import Engine
internal import Journal
internal import Rotation

/// Carries out what an event orders: a leaked key is replaced and killed, as `keyturn revoke` does it, never before its successor is
/// delivered (`--now`), and at most one key of each user within an hour.
struct LeakOrders {
    /// What became of one subject of a notice.
    struct Answer: Sendable {
        /// The key or the user that the event names.
        var subject: String
        /// Whose key it is; nil: no one's that keyturn manages.
        var user: String?
        /// What was done, or why nothing was, in a sentence.
        var text: String
        var status: ExitStatus
    }

    let loaded: LoadedConfiguration
    let state: StateAccess
    let display: (any RotationDisplay)?
    /// When the work has to have ended.
    let end: WorkEnd?

    init(
        _ loaded: LoadedConfiguration, _ state: StateAccess, display: (any RotationDisplay)? = nil, end: WorkEnd? = nil
    ) { (self.loaded, self.state, self.display, self.end) = (loaded, state, display, end) }

    /// Revokes what the notice names, one after the other. What cannot be done for one of them keeps none of the others.
    ///
    /// - Returns: an answer for each, in their order, and the report of each run that there was.
    func carryOut(_ notice: LeakNotice) async -> (answers: [Answer], reports: [RotationReport]) {
        var answers = notice.problems.map { Answer(subject: "event", user: nil, text: $0, status: .failed) }
        var reports: [RotationReport] = []
        for subject in notice.subjects {
            do {
                let (answer, report) = try await revoke(subject)
                answers.append(answer)
                if let report { reports.append(report) }
            } catch {
                let status = (error as? OperationFailure)?.status ?? .failed
                answers.append(
                    Answer(subject: subject.text, user: nil, text: OperationFailure.words(error), status: status))
            }
        }
        for answer in answers { tell(answer) }
        return (answers, reports)
    }

    private func tell(_ answer: Answer) {
        let line = "event: \(answer.subject): \(answer.text)"
        if answer.status == .done { loaded.log.tell(line) } else { loaded.log.fail(line) }
    }

    private func revoke(_ subject: LeakNotice.Subject) async throws -> (Answer, RotationReport?) {
        func left(_ text: String) -> (Answer, RotationReport?) {
            (Answer(subject: subject.text, user: nil, text: text, status: .done), nil)
        }
        let records = try await state.records()
        let user: ConfiguredUser
        let key: AccessKeyID
        switch subject {
        case .key(let text):
            guard !text.hasPrefix("ASIA") else {
                return left("it is a temporary key, which keyturn does not manage and which ends by itself")
            }
            key = AccessKeyID(text)
            switch try await KeyOwner(loaded: loaded, records: records).find(owning: key) {
            case .user(let found): user = found
            case .unmanaged(let reason): return left(reason)
            }
        case .userName(let name):
            let named = loaded.users.filter { $0.userName.lowercased() == name.lowercased() }
            guard let only = named.first else { return left("keyturn does not manage this user. Nothing was changed.") }
            guard named.count == 1 else {
                throw OperationFailure(
                    .failed,
                    "\(named.count) users of \(loaded.file) have this IAM name. Nothing was changed. Revoke the key by its ID."
                )
            }
            guard let current = records[only.name]?.rotation.current?.id else {
                throw OperationFailure(
                    .failed,
                    "keyturn has no record of a key of this user yet. Nothing was changed. `keyturn revoke \(only.name)` takes it up first"
                )
            }
            (user, key) = (only, current)
        }
        let former = try await EventRevocations.note(
            key, of: user.name, at: loaded.context.clock.now, in: try await state.open())
        if let former {
            throw OperationFailure(
                .failed,
                "an event had \(former) of \(user.name) revoked within the last hour, so this one does not have \(key) revoked. Nothing "
                    + "was changed. If the key has leaked: `keyturn revoke \(key)`")
        }
        let order = RotationRun.Order(requests: [.revoke(key, atOnce: false)], extent: .leaks)
        let report = try await RotationRun(loaded, state, display: display, end: end).work(on: [user], order)
        let rotation = try await state.records()[user.name]?.rotation
        // A key that is dead already needs nothing; the run has refused the order and said so.
        let isDead = rotation.map { $0.hasDeleted(key) && !$0.accountsFor(key) } ?? false
        let text =
            isDead
            ? "it is deleted"
            : "it is being replaced and goes as soon as every target of \(user.name) has its successor"
        return (
            Answer(
                subject: subject.text, user: user.name, text: text, status: isDead ? .done : report.status), report
        )
    }
}
