public import Journal
public import Rotation
internal import Secrets

/// Drives rotations: event → ``Rotation/Rotation`` → journal → effect → event.
public struct Engine: Sendable {
    /// Waits up to this are waited for; longer ones end the work, and the next run goes on.
    static let patience: Duration = .seconds(20)
    /// The longest that the work on one user may wait in `creating`, `verifying` and `delivering` together.
    static let longestWait: Duration = .seconds(150)
    /// For how long a process that does not stay up tries to finish half-written pairs; the next one goes on.
    static let finishing: Duration = .seconds(8)
    /// A lease is renewed, and a jump of the clock noticed, at least so often.
    static let heartbeat: Duration = .seconds(6)
    /// Answers of many targets that come within this are written down together: whoever waits for them has been asked already,
    /// so nothing is begun later for it.
    static let crowdWait: Duration = .milliseconds(4)
    /// How long a process that is to stop waits for what is in progress.
    public static let stopPatience: Duration = .seconds(7)
    /// Users that are worked on at once. Those that wait for a time do not count.
    public static let usersAtOnce = 256

    let journal: any Journal
    let pushers: any PushService
    let clock: any EngineClock
    let owner: LeaseOwner
    let observe: @Sendable (RotationProgress) -> Void
    private let stopPatience: Duration
    private let slots: Slots

    /// - Parameters:
    ///   - owner: this process, for leases.
    ///   - usersAtOnce: how many users are worked on at the same moment.
    ///   - stopPatience: how long the work waits for what is in progress, once it is to stop.
    ///   - observe: receives what happens, as it happens, from any thread.
    public init(
        journal: any Journal, pushers: any PushService, clock: any EngineClock = SystemClock(),
        owner: LeaseOwner = .current, usersAtOnce: Int = Engine.usersAtOnce,
        stopPatience: Duration = Engine.stopPatience,
        observe: @escaping @Sendable (RotationProgress) -> Void
    ) {
        self.journal = journal
        self.pushers = pushers
        self.clock = clock
        self.owner = owner
        slots = Slots(usersAtOnce)
        self.stopPatience = stopPatience
        self.observe = observe
    }

    /// What it asks for.
    var lease: Lease { Lease(owner: owner, lasting: RotationSession.leaseDuration) }

    /// Works on several users at once.
    ///
    /// - Parameters:
    ///   - requests: what an operator asks, for each of them.
    ///   - extent: how far to go.
    /// - Returns: in the order of the users, those that come last at the end.
    public func work(
        on users: [ManagedUser], requests: [Event.Request] = [], extent: Extent
    ) async -> [UserOutcome] {
        let last = users.filter(\.comesLast)
        var outcomes = await workAtOnce(on: users.filter { !$0.comesLast }, requests: requests, extent: extent)
        for user in last { outcomes.append(await work(on: user, requests: requests, extent: extent)) }
        return outcomes
    }

    private func workAtOnce(
        on users: [ManagedUser], requests: [Event.Request], extent: Extent
    ) async -> [UserOutcome] {
        await withTaskGroup(of: (Int, UserOutcome).self) { group in
            var outcomes: [UserOutcome?] = users.map { _ in nil }
            for (index, user) in users.enumerated() {
                group.addTask { (index, await work(on: user, requests: requests, extent: extent)) }
            }
            for await (index, outcome) in group { outcomes[index] = outcome }
            return outcomes.compactMap { $0 }
        }
    }

    /// Works on one user until nothing more is due.
    public func work(
        on user: ManagedUser, requests: [Event.Request], extent: Extent
    ) async -> UserOutcome {
        await slots.take()
        defer { slots.give() }
        if Task.isCancelled { return UserOutcome(user: user.name, rotation: nil, end: .stopped) }
        var session: RotationSession
        let tenure = Tenure(uptime: { [clock] in clock.uptime })
        do { session = try await RotationSession(user, journal, owner: owner, tenure: tenure, at: clock.now) } catch {
            let end: UserOutcome.End =
                error.code == .leased ? .busy(error) : .journalFailed(error.description)
            return UserOutcome(user: user.name, rotation: nil, end: end)
        }
        var end = UserOutcome.End.stopped
        var refusals: [OrderRefusal] = []
        do throws(JournalError) {
            end = try await drive(&session, requests: requests, extent: extent, refusals: &refusals)
            try await session.end()
        } catch {
            end = error.code == .overtaken ? .busy(error) : .journalFailed(error.description)
        }
        return UserOutcome(user: user.name, rotation: session.rotation, end: end, refusals: refusals)
    }

    private func drive(
        _ session: inout RotationSession, requests: [Event.Request], extent: Extent, refusals: inout [OrderRefusal]
    ) async throws(JournalError) -> UserOutcome.End {
        let mailbox = Mailbox()
        var work = Work()
        defer { work.cancel() }
        var waited: Duration = .zero
        let began = clock.now
        var happenings = ([.resumed] + requests.map { .asked($0) }).map { EventWithKeyPair(event: $0) }
        var refusedIn: (number: Int, phase: Phase)?
        while true {
            let isStopping = Task.isCancelled
            // Pushes that come due again while one hangs would keep whoever waits for this work for minutes.
            let isPutOff = extent == .due && session.rotation.isPutOff(beyond: Self.patience, since: began)
            let transition = try await session.handle(happenings, at: clock.now, begins: !isStopping && !isPutOff)
            refusals += transition.refusals
            if !transition.refusals.isEmpty, transition.refusals.allSatisfy(\.isTemporary),
                requests.allSatisfy(\.outlastsRefusal)
            {
                refusedIn = (session.rotation.number, session.rotation.phase)
            }
            if !transition.notes.isEmpty || !transition.changedDeliveries.isEmpty {
                tell(session, transition.notes)
            }
            // A process that was stopped after its commit may find another one at work: an old key pushed late kills.
            guard session.tenure.isHeld else {
                throw JournalError(.overtaken, "this process was stopped for so long that its lease is over")
            }
            for effect in transition.effects { work.begin(effect, session, pushers, mailbox) }
            if isStopping { return try await settle(&session, mailbox) }
            let now = clock.now
            let due = session.rotation.nextWork(at: now, policy: session.user.policy)
            var moment = max(due, now + .milliseconds(1))
            if session.rotation.isWaitingForAnswers {
                // What is due already is in progress: its answer wakes this loop, not the clock.
                if due <= now { moment = now + Self.heartbeat }
            } else {
                guard let allowed = mayWait(session.rotation, due, now, extent, waited),
                    extent != .due
                        || (!session.rotation.isFinishing || now < began + Self.finishing)
                            && !session.rotation.isPutOff(beyond: Self.patience, since: began)
                else {
                    // What was due was done since the order was refused, and may be what stood in its way.
                    let place = (session.rotation.number, session.rotation.phase)
                    guard let before = refusedIn, before != place else { return .rested }
                    (refusedIn, refusals) = (nil, [])
                    happenings = requests.map { EventWithKeyPair(event: .asked($0)) }
                    continue
                }
                waited += allowed
                slots.give()
                happenings = await next(mailbox, at: min(moment, now + Self.heartbeat))
                await slots.take()
                continue
            }
            happenings = await next(mailbox, at: min(moment, now + Self.heartbeat))
            if session.rotation.pushesUnderWay > happenings.count {
                await clock.sleep(until: clock.now + Self.crowdWait)
                happenings += mailbox.takeWhatIsThere()
            }
        }
    }

    /// Begins nothing more, and writes down how what is in progress ends, as far as that comes in time: what is known must not
    /// become unknown.
    private func settle(
        _ session: inout RotationSession, _ mailbox: Mailbox
    ) async throws(JournalError) -> UserOutcome.End {
        let (clock, end) = (clock, clock.now + stopPatience)
        // A task of its own, since this one is cancelled, and would not sleep.
        let timer = Task.detached {
            await clock.sleep(until: end)
            mailbox.post(EventWithKeyPair(event: .timePassed))
        }
        defer { timer.cancel() }
        while session.rotation.isWaitingForAnswers, clock.now < end {
            let happenings = await mailbox.take()
            let transition = try await session.handle(happenings, at: clock.now, begins: false)
            if !transition.notes.isEmpty || !transition.changedDeliveries.isEmpty { tell(session, transition.notes) }
        }
        return .stopped
    }

    /// How long a wait counts, if it is one to be waited for; nil: the work ends here.
    private func mayWait(
        _ rotation: Rotation, _ due: Timestamp, _ now: Timestamp, _ extent: Extent, _ waited: Duration
    ) -> Duration? {
        if rotation.problem?.needsPerson == true { return nil }
        let isAwaited = extent == .wholeRotation || extent == .wholeLeak && rotation.hasLeak
        if isAwaited, rotation.phase != .idle { return .zero }
        let wait = max(due - now, .zero)
        if rotation.isAskingAgain { return waited + wait <= Self.longestWait ? wait : nil }
        switch rotation.phase {
        case .idle: return nil
        case .overlap where rotation.hasOpenDeliveries, .creating, .verifying, .delivering:
            return wait <= Self.patience && waited + wait <= Self.longestWait ? wait : nil
        case .overlap, .soak, .deleting:
            if rotation.problem != nil { return nil }
            return extent == .leaks && rotation.hasLeak ? .zero : nil
        }
    }

    private func next(_ mailbox: Mailbox, at moment: Timestamp) async -> [EventWithKeyPair] {
        let clock = clock
        let timer = Task {
            await clock.sleep(until: moment)
            // A timer that was cancelled must not wake the next wait.
            if !Task.isCancelled { mailbox.post(EventWithKeyPair(event: .timePassed)) }
        }
        // Whoever stops the process does not wait for the timer.
        let happenings = await withTaskCancellationHandler {
            await mailbox.take()
        } onCancel: {
            mailbox.post(EventWithKeyPair(event: .timePassed))
        }
        timer.cancel()
        return happenings
    }

    private func tell(_ session: RotationSession, _ notes: [HistoryEvent]) {
        observe(
            RotationProgress(
                user: session.user.name, at: clock.now, notes: notes, rotation: session.rotation,
                policy: session.user.policy))
    }
}
