internal import Configuration
internal import Engine
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
    ///   - isWhole: whether the rotations are worked on to their end, overlap and soak included.
    ///   - despiteFreeze: whether they begin also in a time in which `freeze` lets none begin.
    package mutating func rotate(
        _ users: [String], toTheEnd isWhole: Bool, despiteFreeze: Bool, display: (any RotationDisplay)?
    ) async throws -> RotationReport {
        let status = try await loaded.discover(keptIn: state)
        let users = try loaded.select(users)
        if !despiteFreeze { try refuseFrozen(users) }
        let order = RotationRun.Order(
            requests: [isWhole ? .rotateOrFinish : .rotate], extent: isWhole ? .wholeRotation : .due)
        return try await RotationRun(loaded, state, display: display, timings: timings).work(
            on: users, order, after: status)
    }

    private func refuseFrozen(_ users: [ConfiguredUser]) throws {
        let now = SystemClock().now
        guard let frozen = users.first(where: { $0.policy.thaw(now) > now }) else { return }
        throw OperationFailure(
            .failed,
            "\(frozen.name): `freeze` lets no rotation begin before \(Moment.text(frozen.policy.thaw(now))). Nothing was begun "
                + "for anybody. `--despite-freeze` begins it all the same; a leaked key does not wait: `keyturn revoke`."
        )
    }
}
