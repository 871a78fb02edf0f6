internal import Configuration
internal import Engine
internal import Journal
internal import Rotation

extension Orders {
    /// A leaked key is replaced and killed.
    ///
    /// - Parameters:
    ///   - subject: a user, or the ID of the key that has leaked.
    ///   - isUser: whether it can only be a user.
    ///   - atOnce: whether it is deactivated before it is replaced.
    ///   - isWhole: whether the leaked key is waited for until it is dead, however long the targets take.
    ///   - timeout: how long that may take; nil: overlap and soak, and an hour more.
    ///   - takenOver: is given the report on users that keyturn had to take over first.
    package func revoke(
        _ subject: String, isUser: Bool, atOnce: Bool, toTheEnd isWhole: Bool = false, timeout: Duration? = nil,
        display: (any RotationDisplay)?, takenOver: (RotationReport) throws -> Void
    ) async throws -> RotationReport {
        let key = isUser ? nil : try leakedKey(subject)
        let users: [ConfiguredUser] =
            if let key { [try await owner(of: key)] } else { try loaded.select([subject]) }
        if atOnce, let own = users.first(where: \.isOwn) {
            throw OperationFailure(
                .notAllowed,
                "keyturn itself runs with the key of \(own.name): deactivated first, it could not be replaced. Without --now it is "
                    + "replaced first, and dead a moment later. Nothing was changed.")
        }
        if key == nil, let report = try await takeOver(users) { try takenOver(report) }
        let order = RotationRun.Order(
            requests: [.revoke(key, atOnce: atOnce)], extent: isWhole ? .wholeLeak : .leaks)
        let end = isWhole ? WorkEnd(waitingFor: users, timeout, loaded.context.clock.now) : nil
        return try await RotationRun(loaded, state, display: display, end: end).work(on: users, order)
    }

    /// Revokes what an event says has leaked, under the rules for events: see ``LeakNotice``.
    ///
    /// - Returns: the users that were worked on.
    package func revoke(event: LeakNotice, display: (any RotationDisplay)?) async throws -> RotationReport {
        let (answers, reports) = await LeakOrders(loaded, state, display: display).carryOut(event)
        let users = reports.flatMap(\.document.users)
        return RotationReport(
            file: loaded.file, document: StatusDocument(users: users), worked: reports.flatMap(\.worked),
            idleness: users.isEmpty ? .nothingToDo : nil, status: answers.map(\.status).worst)
    }

    /// A user that keyturn has never seen is taken over first: then there is a key to revoke.
    private func takeOver(_ users: [ConfiguredUser]) async throws -> RotationReport? {
        let records = try await state.records()
        let unknown = users.filter { records[$0.name]?.rotation.current == nil }
        return unknown.isEmpty ? nil : try await RotationRun(loaded, state).work(on: unknown)
    }

    private func owner(of key: AccessKeyID) async throws -> ConfiguredUser {
        try await KeyOwner(loaded: loaded, records: try await state.records()).user(owning: key)
    }

    /// The key, if the text is one and no user has that name.
    private func leakedKey(_ text: String) throws -> AccessKeyID? {
        guard !loaded.users.contains(where: { $0.name == text }) else { return nil }
        guard (16...128).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) })
        else {
            guard text.uppercased().hasPrefix("AKIA"), text.allSatisfy({ $0.isLetter || $0.isNumber }) else {
                return nil
            }
            throw OperationFailure(
                .failed,
                "\(text) is not the whole ID of an access key, which is AKIA and 16 more capital letters or digits, and no user has that "
                    + "name. Nothing was changed.")
        }
        if text.hasPrefix("ASIA") {
            throw OperationFailure(
                .failed,
                "\(text) is a temporary key: it cannot be deactivated, and ends by itself. Revoke the key that its session was begun "
                    + "with, and deny sessions older than now (`aws:TokenIssueTime`) to the user or role. Nothing was changed."
            )
        }
        return text.hasPrefix("AKIA") ? AccessKeyID(text) : nil
    }
}
