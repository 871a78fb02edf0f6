internal import Configuration
internal import Engine
internal import HTTP
internal import Journal
internal import Notifications
internal import PusherHost
internal import Rotation

/// Has users worked on once: opens what that needs, and reports how it ended.
struct RotationRun: Sendable {
    /// What an operator orders for the users, and how far the work goes.
    struct Order: Sendable {
        var requests: [Event.Request] = []
        var extent = Extent.due

        /// Whether a user that another process is working on is waited for.
        var isPatient: Bool { extent == .wholeRotation || extent == .wholeLeak }

        /// A problem that is what the order wants; nil: none is. Whoever has ordered it knows.
        var wanted: Problem.Code? {
            if requests.contains(.rollback) { return .rolledBack }
            return requests.contains { $0.name == "revoke" && $0.key != nil } ? .unaccountedKey : nil
        }

        /// What is asked for again once another process has let go of the user: nothing that it has done by itself meanwhile.
        ///
        /// - Parameters:
        ///   - before: the rotation when it was asked for first.
        ///   - now: the rotation as it is now.
        func requests(again before: Rotation?, _ now: Rotation?) -> [Event.Request] {
            requests.compactMap { request in
                // "The current key" is the one that was current when the order was given.
                if case .revoke(nil, atOnce: let atOnce) = request {
                    return .revoke(before?.current?.id, atOnce: atOnce)
                }
                let isBegun = now?.number ?? 0 > before?.number ?? 0
                // What was in progress then was to be seen through: it is over.
                let isSeenThrough = before.map { $0.phase != .idle } ?? false && now?.phase == .idle
                if case .rotate(finishes: true, _) = request, isBegun || isSeenThrough { return nil }
                return request
            }
        }
    }

    /// Between two tries at a user that another process is working on.
    private static let busyRest: Duration = .seconds(2)
    /// Users that other processes are working on have a line each up to this many.
    private static let longestList = 5

    let loaded: LoadedConfiguration
    let state: StateAccess
    /// Shows the work in place of the log; nil: the log says what happens.
    let display: (any RotationDisplay)?
    /// Where the time goes, if it is asked for.
    let timings: Timings?

    /// When the work has to have ended; nil: whenever it does.
    let end: WorkEnd?

    private var factory: ServiceFactory { ServiceFactory(loaded) }

    init(
        _ loaded: LoadedConfiguration, _ state: StateAccess? = nil, display: (any RotationDisplay)? = nil,
        timings: Timings? = nil, end: WorkEnd? = nil
    ) {
        self.end = end
        self.loaded = loaded
        self.state = state ?? StateAccess(loaded, for: .working)
        self.display = display
        self.timings = timings
    }

    /// What happened goes to the display, else to the log.
    private func observe(_ progress: RotationProgress) {
        if let display { display.show(RotationSnapshot(progress)) } else { loaded.log.write(progress) }
    }

    /// Everything that working on these users needs.
    func open(for users: [ConfiguredUser]) async throws -> OpenServices {
        try await factory.open(
            for: users, state, timings: timings, stopPatience: end?.patience ?? Engine.stopPatience, warn: warn
        ) { observe($0) }
    }

    /// Also where a display is in place of the log.
    private func warn(_ text: String, _ fields: LogLine.Fields = LogLine.Fields()) {
        guard let display else { return loaded.log.warn(text, fields) }
        display.showing { loaded.log.warn(text, fields) }
    }

    /// Works on users.
    ///
    /// - Parameter status: what went before led to.
    func work(
        on users: [ConfiguredUser], _ order: Order = Order(), after status: ExitStatus = .done
    ) async throws -> RotationReport {
        try await state.check()
        let due = order.requests.isEmpty ? try await dueUsers(users) : users
        var outcomes: [UserOutcome] = []
        var counts = HTTPClient.Counts()
        var status = status
        if due.isEmpty {
            try await sendOwed(of: users)
        } else {
            let services = try await open(for: due)
            display?.begin()
            outcomes = await interruptible(services, order)
            display?.end()
            await services.close(isHasty: outcomes.contains { $0.end == .stopped })
            counts = services.http.counts
            status = status.worse(services.status)
        }
        Self.tell(outcomes, loaded.log, waiting: order.isPatient ? nil : loaded.context.command)
        status = outcomes.reduce(status) { $0.worse(ExitStatus($1, ordered: order.wanted)) }
        return try await report(users, outcomes, counts, status)
    }

    /// With nothing to do there may still be something to send, such as what could not be sent before.
    private func sendOwed(of users: [ConfiguredUser]) async throws {
        let destinations = try await factory.destinations()
        guard !destinations.isEmpty, !users.isEmpty else { return }
        let http = try factory.makeHTTP()
        defer { http.stop() }
        let journal = try await state.open()
        await (try await factory.makeNotifier(destinations, journal, http))?.close(
            within: OpenServices.longestFarewell)
    }

    /// Ctrl-C, a terminal that is closed, and a service manager's SIGTERM begin nothing more, and let the work in progress end.
    private func interruptible(_ services: OpenServices, _ order: Order) async -> [UserOutcome] {
        let task = Task { await carryOut(order, services) }
        let signals = Signals(staysUp: false) { _ in
            warn("stopping: work in progress has a few seconds to end; a second signal ends it at once")
            services.host.drain()
            task.cancel()
        }
        let watch = end.map { end in
            Task { [clock = loaded.context.clock] in
                await clock.sleep(until: end.lastBeginning)
                guard !Task.isCancelled else { return }
                warn(end.words)
                services.host.drain()
                task.cancel()
            }
        }
        defer {
            signals.end()
            watch?.cancel()
        }
        return await task.value
    }

    /// Works on the users. Those that another process is working on are tried again, where the order waits.
    private func carryOut(_ order: Order, _ services: OpenServices) async -> [UserOutcome] {
        let clock = loaded.context.clock
        let before = order.isPatient ? (try? await state.records()) ?? [:] : [:]
        var outcomes = await services.engine.work(
            on: services.users, requests: order.requests, extent: order.extent)
        if order.isPatient { sayThatItWaits(outcomes) }
        while order.isPatient, !Task.isCancelled, outcomes.contains(where: \.isBusy) {
            await clock.sleep(until: clock.now + Self.busyRest)
            // A state that cannot be read now is read again: the work itself says what is wrong with it.
            guard !Task.isCancelled, let now = try? await state.records() else { continue }
            for (index, outcome) in outcomes.enumerated() where outcome.isBusy {
                let requests = order.requests(again: before[outcome.user]?.rotation, now[outcome.user]?.rotation)
                outcomes[index] =
                    await services.engine.work(
                        on: services.users.filter { $0.name == outcome.user }, requests: requests, extent: order.extent
                    ).first ?? outcome
            }
        }
        return outcomes
    }

    /// At once, whom it waits for and until when: else nothing shows for as long as the other process takes.
    private func sayThatItWaits(_ outcomes: [UserOutcome]) {
        let busy = outcomes.compactMap { outcome -> (user: String, words: String)? in
            if case .busy(let error) = outcome.end { (outcome.user, OtherProcess.sentence(error)) } else { nil }
        }
        let limit = end.map { ", until \(Moment.text($0.lastBeginning)) at most" } ?? ""
        for (user, words) in busy.prefix(Self.longestList) {
            warn("\(user): \(words); waiting for it\(limit)", LogLine.Fields(user: user))
        }
        guard busy.count > Self.longestList else { return }
        warn("waiting for other keyturns at \(busy.count - Self.longestList) more users, too\(limit)")
    }

    /// Only they cost a start of pushers, or a request to AWS.
    private func dueUsers(_ users: [ConfiguredUser]) async throws -> [ConfiguredUser] {
        let records = try await state.records()
        let now = SystemClock().now
        return users.filter { user in
            let rotation = records[user.name]?.rotation ?? Rotation(at: now)
            return rotation.isWorkDue(at: now, requirements: loaded.requirements(of: user), isAsked: true)
        }
    }

    private func report(
        _ users: [ConfiguredUser], _ outcomes: [UserOutcome], _ counts: HTTPClient.Counts, _ status: ExitStatus
    ) async throws -> RotationReport {
        let now = SystemClock().now
        let records = users.isEmpty ? [:] : try await state.records()
        let lines = users.map { StatusDocument.User($0, records[$0.name]?.rotation ?? Rotation(at: now), at: now) }
        let worked = Set(outcomes.map(\.user))
        let idleness: RotationReport.Idleness? =
            if !worked.isEmpty { nil } else if !loaded.hasUsers { .noUsers } else if users.isEmpty { .nothingToDo } else
            {
                .nothingDue
            }
        let timings = timings.map { TimingsDocument($0, counts) }
        return RotationReport(
            file: loaded.file, document: StatusDocument(users: lines, timings: timings),
            worked: lines.filter { worked.contains($0.user) }, idleness: idleness, timings: timings, status: status)
    }

    /// Commands that wait for another process with `--wait`.
    private static let patientCommands: Set = ["rotate", "retry", "revoke"]

    /// Says what the rotations do not. An order that many users' rotations refuse for one reason, such as a freeze, is one line.
    static func tell(_ outcomes: [UserOutcome], _ log: EventLog, waiting command: String? = nil) {
        let refused = outcomes.flatMap { outcome in
            outcome.refusals.map { (user: outcome.user, reason: $0.reason.naming(outcome.user)) }
        }
        let common = Dictionary(grouping: refused, by: \.reason).filter { $0.value.count >= TroubleGroup.least }
        for (reason, users) in common.sorted(by: { $0.key < $1.key }) {
            let names = listed(users.map(\.user), most: 3)
            var fields = LogLine.Fields()
            fields.event = HistoryEvent.Kind.refused.rawValue
            log.fail(
                "\(names): \(reason). The order had no effect on these \(users.count) users.",
                fields)
        }
        for var outcome in outcomes {
            outcome.refusals.removeAll { common[$0.reason.naming(outcome.user)] != nil }
            tell(outcome, log, waiting: command)
        }
    }

    /// Says what an outcome's rotation does not: that it was not worked on.
    ///
    /// - Parameter command: the command that did not wait; nil: it did, or it comes round again.
    static func tell(_ outcome: UserOutcome, _ log: EventLog, waiting command: String? = nil) {
        let fields = LogLine.Fields(user: outcome.user)
        for refusal in outcome.refusals {
            var fields = fields
            fields.event = HistoryEvent.Kind.refused.rawValue
            log.fail("\(outcome.user): \(refusal.reason.naming(outcome.user)). The order had no effect.", fields)
        }
        switch outcome.end {
        case .rested, .stopped: break
        case .busy(let error):
            let hint = command.flatMap {
                Self.patientCommands.contains($0) ? "; `keyturn \($0) --wait` waits for it" : nil
            }
            log.warn("\(outcome.user): \(OtherProcess.sentence(error))\(hint ?? "")", fields)
        case .journalFailed(let words):
            log.fail(
                "\(outcome.user): the state cannot be written: \(words). Nothing more was done for this user.", fields)
        }
    }
}
