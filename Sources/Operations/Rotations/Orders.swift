internal import Configuration
internal import Engine
internal import Journal
internal import Rotation

/// What operators order for users. Which order may be given is decided by ``Rotation/Rotation``, under the user's lease.
package struct Orders {
    let loaded: LoadedConfiguration
    let state: StateAccess

    package init(_ context: OperationContext) async throws {
        (loaded, state) = try await LoadedConfiguration.recalled(context, for: .working)
    }

    /// The named key is the one in use.
    package func adopt(_ user: String, current: String) async throws -> RotationReport {
        try await give(.adopt(AccessKeyID(current)), to: try loaded.select([user]))
    }

    /// The old key is made Active again.
    package func rollBack(_ user: String) async throws -> RotationReport {
        try await give(.rollback, to: try loaded.select([user]))
    }

    /// The old key is deactivated although something speaks against it.
    package func retire(_ user: String, reason: String) async throws -> RotationReport {
        try await give(.retire(reason: reason), to: try loaded.select([user]))
    }

    /// What is open or blocked is tried now.
    ///
    /// - Parameters:
    ///   - users: by name; none: all.
    ///   - isWhole: whether the rotations are worked on to their end.
    ///   - timeout: how long that may take; nil: overlap and soak, and an hour more.
    package func retry(
        _ users: [String], toTheEnd isWhole: Bool = false, timeout: Duration? = nil,
        display: (any RotationDisplay)? = nil
    ) async throws -> RotationReport {
        let records = try await state.records()
        let users = try loaded.select(users).filter { records[$0.name]?.rotation.mayRetry ?? false }
        let end = isWhole ? WorkEnd(waitingFor: users, timeout, loaded.context.clock.now) : nil
        var report = try await RotationRun(loaded, state, display: display, end: end).work(
            on: users, RotationRun.Order(requests: [.retry], extent: isWhole ? .wholeRotation : .due))
        report.results = report.worked.map(\.resultOfRetry)
        if users.isEmpty, loaded.hasUsers {
            report.results = ["There is nothing to retry before the first rotation: `keyturn rotate` begins it."]
        }
        return report
    }

    /// A target is left out of the rotation that is in progress.
    ///
    /// - Parameter users: by name; none: all that have the target.
    package func skip(_ target: String, reason: String, of users: [String]) async throws -> RotationReport {
        let records = try await state.records()
        let users = try loaded.users(of: target, users, records.mapValues(\.rotation))
        guard !users.contains(where: \.isOwn) else {
            throw OperationFailure(
                .notAllowed,
                "\(target) is where keyturn reads its own key: left out, keyturn would be left with a dead one. Fix what "
                    + "`keyturn status` says about it, then `keyturn retry`. Nothing was changed.")
        }
        return try await give(.skip(TargetName(target), reason: reason), to: users)
    }

    /// What forgetting did.
    package enum Forgotten {
        case target(RotationReport)
        case user(String)
    }

    /// A target or a user that left the configuration no longer matters.
    ///
    /// - Parameter users: by name; none: all that had the target.
    package func forget(_ name: String, reason: String, of users: [String]) async throws -> Forgotten {
        let records = try await state.records()
        if !name.contains(":"), records[name] != nil {
            try await forgetUser(name, reason: reason)
            return .user(name)
        }
        let users = try loaded.users(of: name, users, records.mapValues(\.rotation))
        return .target(try await give(.forget(TargetName(name), reason: reason), to: users))
    }

    private func forgetUser(_ name: String, reason: String) async throws {
        guard !loaded.users.contains(where: { $0.name == name }) else {
            throw OperationFailure(
                .failed,
                "\(name) is in the configuration; `forget` is for a user that has left it. Nothing was changed.")
        }
        let now = SystemClock().now
        let journal = try await state.open()
        do throws(JournalError) {
            try await journal.forget(
                name, reason: reason, lease: Lease(owner: .current, lasting: .seconds(20)), at: now)
        } catch { throw OperationFailure(error) }
        loaded.log.tell("\(name): forgot this user: \(reason)")
    }

    private func give(_ request: Event.Request, to users: [ConfiguredUser]) async throws -> RotationReport {
        try await RotationRun(loaded, state).work(on: users, RotationRun.Order(requests: [request]))
    }
}
