internal import Configuration
internal import Engine
internal import Journal
internal import Rotation

/// What begins rotations and takes them on: `rotate` and `step`.
package struct Rotations {
    private var loaded: LoadedConfiguration
    private let state: StateAccess
    private let timings: Timings?

    /// - Parameter isTimed: whether the report says where the time went.
    package init(_ context: OperationContext, isTimed: Bool) async throws {
        timings = isTimed ? Timings() : nil
        let reading = timings?.begin("configuration and plugins")
        (loaded, state) = try await LoadedConfiguration.recalled(context, for: .working)
        reading?()
    }

    /// Does what is due now.
    ///
    /// - Parameter users: by name; none: all.
    package mutating func step(_ users: [String]) async throws -> RotationReport {
        let status = try await loaded.discover(keptIn: state)
        return try await RotationRun(loaded, state, timings: timings).work(on: try loaded.select(users), after: status)
    }

    /// Begins a rotation of each user now.
    ///
    /// - Parameters:
    ///   - users: by name; none: all.
    ///   - isAll: whether all users are meant where none is named. Else a configuration with several is an error.
    ///   - isWhole: whether the rotations are worked on to their end, overlap and soak included.
    ///   - timeout: how long the whole may take; nil: overlap and soak, and an hour more.
    ///   - canaries: how many of them, by name, have to reach `overlap` before a rotation of the others begins; 0: none.
    ///   - despiteFreeze: whether they begin also in a time in which `freeze` lets none begin.
    package mutating func rotate(
        _ users: [String], isAll: Bool = true, toTheEnd isWhole: Bool, timeout: Duration? = nil, canaries: Int = 0,
        despiteFreeze: Bool, display: (any RotationDisplay)?
    ) async throws -> RotationReport {
        let status = try await loaded.discover(keptIn: state)
        if users.isEmpty, !isAll, loaded.users.count > 1 {
            throw OperationFailure(
                .usage,
                "\(loaded.file) has \(loaded.users.count) users: name those to rotate, or give --all. Nothing was changed."
            )
        }
        let users = try loaded.select(users)
        let end = isWhole ? WorkEnd(waitingFor: users, timeout, loaded.context.clock.now) : nil
        if canaries > 0, let report = try await stopped(at: users, canaries, despiteFreeze, after: status) {
            return report
        }
        let order = RotationRun.Order(
            requests: [.rotate(finishes: isWhole, despiteFreeze: despiteFreeze)],
            extent: isWhole ? .wholeRotation : .due)
        return try await RotationRun(loaded, state, display: display, timings: timings, end: end).work(
            on: users, order, after: status)
    }

    /// Rotates the first users by name that no freeze holds, up to the overlap: their new keys are confirmed at every target, and their
    /// old ones active.
    ///
    /// - Returns: how they ended, where one of them did not get there; nil: all did.
    private func stopped(
        at users: [ConfiguredUser], _ count: Int, _ despiteFreeze: Bool, after status: ExitStatus
    ) async throws -> RotationReport? {
        let now = SystemClock().now
        let known = try await state.records().mapValues(\.rotation)
        let free = users.filter { user in
            despiteFreeze || (known[user.name] ?? Rotation(at: now)).frozenUntil(now, user.policy) == nil
        }
        let first = Array(free.sorted { $0.name < $1.name }.prefix(count))
        let before = known.mapValues(\.number)
        guard !first.isEmpty else { return nil }
        var report = try await RotationRun(loaded, state, timings: timings).work(
            on: first, RotationRun.Order(requests: [.rotate(despiteFreeze: despiteFreeze)]), after: status)
        let records = try await state.records()
        let late = first.filter { user in
            guard let rotation = records[user.name]?.rotation, rotation.problem == nil else { return true }
            // With a short overlap it may be over already.
            let isOver = rotation.phase == .idle && rotation.number > before[user.name] ?? 0
            return !isOver && (![.overlap, .soak, .deleting].contains(rotation.phase) || rotation.hasOpenDeliveries)
        }
        guard !late.isEmpty else { return nil }
        let left = users.count - first.count
        loaded.log.fail(
            "\(late.map(\.name).joined(separator: ", ")) did not reach overlap: no rotation of \(left == 1 ? "the other user" : "the other \(left) users") was begun. "
                + "`keyturn status` shows why")
        report.status = report.status.worse(.unfinished)
        return report
    }
}
