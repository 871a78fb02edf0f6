internal import Engine
internal import Journal
internal import Rotation
internal import Secrets

/// One world: a user, its keys, its targets, keyturn's processes on one state, and whatever goes wrong around them.
///
/// Everything follows from the seed. The rotation, the session and the journal are the real ones; what the simulator does
/// in their stead is what `Engine` does around a session: it carries effects out, waits, and takes users up again.
struct Simulation {
    static let start = Timestamp(milliseconds: 1_800_000_000_000)
    static let secret = Secret.text("the secret of every key")

    let seed: UInt64
    let user: String
    let journal: FaultyJournal
    let policy: Policy
    var random: Random
    var weather: Weather
    /// The true time; AWS goes by it.
    var now = Simulation.start {
        didSet { time.set(now, skew: skew) }
    }
    /// How wrong the machine's clock is.
    var skew: Duration = .zero {
        didSet { time.set(now, skew: skew) }
    }
    private let time: SimulatedTime
    var iam = SimulatedIAM()
    var targets: [SimulatedTarget] = []
    var processes: [SimulatedProcess] = []
    /// Calls that reach their service although no one waits for them any more.
    var strays: [Stray] = []
    /// What operators have asked for, for the next process to take up.
    var requests: [Event.Request] = []
    var configured: ManagedUser?
    /// Whose process is on which machine; a process of the same one is seen to be gone.
    var machine = 0
    var processNumber: Int32 = 0
    var lastOwner: LeaseOwner?

    var book = Book()
    var events = 0
    /// Whether faults have stopped.
    var isAtEnd = false
    var completed = 0
    /// Rotations that this world is to run.
    let wanted: Int
    let trace: Trace?
    var violation: String?

    init(seed: UInt64, journal: StoredJournal, time: SimulatedTime, isTraced: Bool = false) {
        self.seed = seed
        self.time = time
        time.set(Self.start, skew: .zero)
        user = "user\(seed)"
        self.journal = FaultyJournal(journal)
        random = Random(seed: seed)
        weather = Weather.random(&random)
        policy = Policy.random(&random)
        wanted = random.number(1...3)
        trace = isTraced ? Trace() : nil
        for index in 0..<random.number(1...4) {
            targets.append(
                SimulatedTarget(
                    name: TargetName("ci:\(index)"), visibility: random.pick([.readable, .readable, .timed, .blind])))
        }
        if random.chance(850) {
            let key = iam.make(by: .keyturn, at: now, age: .seconds(random.pick([60, 700_000])))
            for index in targets.indices { targets[index].held = key.id }
            iam.spread[key.id] = now
        }
    }

    /// What the machine's clock shows.
    var clock: Timestamp { now + skew }

    /// The rotation as a process would find it.
    var rotation: Rotation? { processes.last?.session.rotation ?? journal.committed }

    func note(_ line: @autoclosure () -> String) {
        guard let trace else { return }
        let seconds = Double((now - Self.start).milliseconds) / 1_000
        trace.lines.append("\(events) +\(seconds)s \(line())")
    }

    mutating func violate(_ sentence: String) {
        note("VIOLATION: \(sentence)")
        if violation == nil { violation = sentence }
    }

    /// Runs the world to its end: first in its weather, then in fair weather, until the last rotation is home.
    mutating func run() async {
        while violation == nil, completed < wanted, events < 1_500 { await step() }
        if violation == nil { await comeHome() }
    }

    /// One thing happens.
    mutating func step() async {
        events += 1
        now = now + .milliseconds(random.number(1...200))
        landStrays()
        await disturb()
        guard !processes.isEmpty else { return await takeUp() }
        let awake = processes.indices.filter { !processes[$0].isPaused }
        guard !awake.isEmpty else { return random.chance(500) ? await wake(0) : await takeUp() }
        let index = awake.count == 1 ? awake[0] : random.pick(awake)
        if random.chance(weather.crash) { return crash(index) }
        await work(index)
    }

    /// What one process does next.
    mutating func work(_ index: Int) async {
        let flights = processes[index].flights.count
        if !processes[index].happenings.isEmpty, flights == 0 || random.chance(600) { return await handle(index) }
        guard flights > 0 else { return await rest(index) }
        let chosen = random.number(0...flights - 1)
        if processes[index].flights[chosen].answer == nil { launch(index, chosen) } else { answer(index, chosen) }
        // A step between launch and answer is where a process can die; one without faults may save it.
        if weather.crash == 0, weather.rival == 0, processes.indices.contains(index),
            processes[index].flights.indices.contains(chosen), processes[index].flights[chosen].answer != nil
        {
            answer(index, chosen)
        }
    }

    /// A process takes the user up, once something is due or asked for.
    mutating func takeUp() async {
        if let rotation = journal.committed, requests.isEmpty {
            if rotation.phase == .idle, random.chance(500) {
                requests.append(.rotate())
            } else {
                pass(to: rotation.nextWork(at: clock, policy: policy))
            }
        }
        await open(as: owner())
    }

    /// This machine's next process, of a number that no living process has.
    func owner() -> LeaseOwner {
        LeaseOwner(boot: "machine\(machine)", process: processNumber, began: "simulated")
    }

    mutating func open(as owner: LeaseOwner) async {
        let managed = managedUser()
        // A new start forgets a pause that is longer than an hour, also where it cannot push at once.
        for index in targets.indices {
            if let pause = targets[index].pausedUntil, pause - clock > .seconds(3_600) {
                targets[index].pausedUntil = nil
            }
        }
        do {
            let tenure = Tenure { [time] in time.uptime }
            let session = try await RotationSession(managed, journal, owner: owner, tenure: tenure, at: clock)
            note("\(owner) takes up: \(session.rotation.phase)")
            if session.pair?.id != journal.sealed { violate("(e) the journal's pair is not the sealed one") }
            let asked = requests
            requests = []
            processes.append(SimulatedProcess(session: session, owner: owner))
            let index = processes.count - 1
            processes[index].happenings = ([.resumed] + asked.map { .asked($0) }).map { EventWithKeyPair(event: $0) }
            book.noteRequests(asked)
            await handle(index)
        } catch {
            note("\(owner) is turned away: \(error.description)")
            // No one gives the lease back: it is waited for.
            if processes.isEmpty || random.chance(300) { now = now + .seconds(20) }
        }
    }

    private mutating func managedUser() -> ManagedUser {
        if let configured { return configured }
        let made = ManagedUser(
            name: user, userName: user, keys: NoService(), policy: policy,
            targets: targets.filter(\.isConfigured).map {
                ManagedTarget($0.name, isOneValue: $0.name.rawValue.hasSuffix("1"))
            })
        configured = made
        return made
    }

    /// Feeds a process what has come, and begins what follows from it.
    mutating func handle(_ index: Int) async {
        if random.chance(weather.journal) {
            journal.failNextCommit(random.chance(500) ? .refused : .writtenButReported)
        }
        defer {
            journal.failNextCommit(.none)
            noteFates()
        }
        let happenings = processes[index].happenings
        processes[index].happenings = []
        let before = processes[index].session.rotation
        let transition: Transition
        do { transition = try await processes[index].session.handle(happenings, at: clock) } catch {
            note("\(processes[index].owner) stops: \(error.description)")
            return die(index)
        }
        noteFates()
        let rotation = processes[index].session.rotation
        note("\(happenings.map { $0.event }) → \(rotation.phase), \(transition.effects)")
        checkHandled(index, before, happenings, transition)
        if transition.notes.contains(where: { $0.kind == .verified }) || happenings.contains(where: \.isListing) {
            processes[index].hasSeenSuccessor = true
        }
        for effect in transition.effects {
            let leak = rotation.leaks.first { $0.id == effect.retired }
            let flight = Flight(
                effect: effect, pair: processes[index].session.pair, sawKeysOf: processes[index].sawKeysOf,
                hasSeenSuccessor: processes[index].hasSeenSuccessor,
                isOrdered: leak.map { $0.isAtOnce || $0 == rotation.strangerLeak } ?? false,
                isRevoked: rotation.isLeaked(rotation.current?.id) || leak?.id == rotation.next?.id && leak != nil,
                isOrphan: rotation.phase == .creating && leak == nil, hasLeak: rotation.hasLeak,
                isRetired: rotation.retireReason != nil,
                watched: Set(processes[index].session.user.targets.keys).subtracting(
                    rotation.deliveries.filter { $0.value.state == .skipped }.keys),
                delivered: Set(rotation.deliveries.filter { $0.value.state == .confirmed }.keys))
            processes[index].flights.append(flight)
            checkBegun(flight, rotation)
        }
        completed += transition.notes.count { $0.kind == .completed }
    }

    /// Nothing is in progress: the process waits for what is due, or ends and leaves it to the next.
    private mutating func rest(_ index: Int) async {
        let due = processes[index].session.rotation.nextWork(at: clock, policy: policy)
        let rotation = processes[index].session.rotation
        checkNextBeginning(rotation)
        let isLong = due - clock > .seconds(20)
        // As the engine does: what waits for a person is left.
        if rotation.problem?.needsPerson == true || isLong && (rotation.phase == .idle || !requests.isEmpty)
            || isLong && random.chance(500)
        {
            note("\(processes[index].owner) ends, next is due in \((due - clock).milliseconds) ms")
            do { try await processes[index].session.end() } catch { violate("a release failed: \(error.description)") }
            processes.remove(at: index)
            return
        }
        pass(to: due)
        processes[index].happenings.append(EventWithKeyPair(event: .timePassed))
        await handle(index)
    }

    /// Time passes, by the machine's clock, and what was on its way arrives.
    mutating func pass(to moment: Timestamp) {
        let end = max(moment - skew, now + .milliseconds(1))
        while let next = strays.map(\.at).min(), next <= end, violation == nil {
            now = max(now, next)
            landStrays()
        }
        now = max(now, end)
    }

    private mutating func landStrays() {
        while let index = strays.firstIndex(where: { $0.at <= now }) {
            let stray = strays.remove(at: index)
            let flight = stray.flight
            // Known: once the clock was set forward, no one can see by it how long ago a push was given up. Where keys
            // follow each other without an overlap, such a push may then arrive behind the next key's.
            if case .push(_, let id) = flight.effect, stray.clockLeaps != book.clockLeaps,
                journal.committed?.next?.id != id
            {
                continue
            }
            note("a stray call arrives: \(flight.effect)")
            _ = land(flight)
        }
    }
}
