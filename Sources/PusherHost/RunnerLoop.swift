internal import CLinux
internal import Glibc
internal import HTTP
internal import Rotation
internal import Synchronization
internal import Threads

/// The one thread that starts runners, talks to them, and watches their time.
final class RunnerLoop: Sendable {
    enum Message: Sendable {
        case add(PusherSettings)
        case start(String, @Sendable (PusherHost.Start) -> Void)
        case call(PusherCall)
        case answered(Request, OutgoingRequest, OutgoingRequest.End)
        case drain
        case paces(@Sendable ([PaceReport]) -> Void)
        case exchanged(String, Paces.Exchanged)
        case stop(@Sendable () -> Void)
    }

    /// A request that a call of a runner has asked for. The runner's process ID keeps answers from its successor.
    struct Request: Sendable {
        var pusher: String
        var process: Int32
        var call: UInt32
        var number: Int64
        /// Whether it is of a method that may change something.
        var isWriting: Bool
        /// Bytes of its header fields and its body.
        var bytes: Int
        /// Gives it up; nil: it is not sent yet.
        var cancel: (@Sendable () -> Void)?
    }

    /// For the client that each pusher has of its own.
    let http: HTTPClient.Options
    let runner: String
    private let shelf: (any BudgetLedger.Shelf)?
    let log: @Sendable (PusherLogLine) -> Void
    private struct Mailbox {
        var messages: [Message] = []
        /// Whether the thread has ended, so that no one takes messages any more.
        var isOver = false
    }

    private let mailbox = Mutex(Mailbox())
    private let wake: Int32

    deinit { close(wake) }

    init(
        http: HTTPClient.Options, runner: String, shelf: (any BudgetLedger.Shelf)?,
        log: @escaping @Sendable (PusherLogLine) -> Void
    ) {
        self.http = http
        self.shelf = shelf
        self.runner = runner
        self.log = log
        wake = kt_eventfd()
        precondition(wake >= 0, "no descriptor for the pushers' thread")
        NamedThread.start("pushers") { [self] in run() }
    }

    func post(_ message: Message) {
        let (isOver, isFirst) = mailbox.withLock { mailbox in
            let isFirst = mailbox.messages.isEmpty
            if !mailbox.isOver { mailbox.messages.append(message) }
            return (mailbox.isOver, isFirst)
        }
        if isOver { return decline(message) }
        // Whoever came before has woken the thread, which takes all.
        guard isFirst else { return }
        var one: UInt64 = 1
        // It can only fail when the counter is full, and then the thread is awake.
        _ = write(wake, &one, 8)
    }

    /// What comes after the end is answered all the same.
    private func decline(_ message: Message) {
        switch message {
        case .add, .answered, .drain, .exchanged: break
        case .start(_, let completion): completion(.failed("keyturn is stopping"))
        case .call(let call): call.completion(nil)
        case .paces(let completion): completion([])
        case .stop(let completion): completion()
        }
    }

    private func run() {
        var sessions: [String: PusherSession] = [:]
        let places = ActiveSerialGroups()
        let paces = Paces(shelf)
        var whenStopped: (@Sendable () -> Void)?
        var isDraining = false
        while true {
            for message in takeMessages() {
                switch message {
                case .add(let settings):
                    sessions[settings.name] = PusherSession(
                        settings, loop: self, places: places, pace: paces.pace(for: settings))
                case .start(let pusher, let completion):
                    guard let session = sessions[pusher] else {
                        completion(.refused("there is no pusher \(pusher)")); break
                    }
                    session.start(completion)
                case .call(let call) where isDraining: call.completion(nil)
                case .call(let call):
                    guard let session = sessions[call.target.pusher] else {
                        call.completion(CallReport(.invalidConfig, "there is no pusher \(call.target.pusher)"))
                        break
                    }
                    session.enqueue(call)
                case .answered(let key, let request, let end): sessions[key.pusher]?.answer(key, request, end)
                case .drain:
                    isDraining = true
                    sessions.values.forEach { $0.drain() }
                case .paces(let completion): completion(Self.paces(of: sessions))
                case .exchanged(let key, let exchanged):
                    if let text = paces.take(key, exchanged, at: .now) {
                        log(PusherLogLine(level: .warning, pusher: "keyturn", target: nil, text: text))
                    }
                case .stop(let completion): whenStopped = completion
                }
            }
            if whenStopped != nil { break }
            sessions.values.forEach { $0.advance() }
            // Freed places may let another session's calls go on.
            sessions.values.forEach { $0.advance() }
            paces.exchange(at: .now) { [self] in post(.exchanged($0, $1)) }
            wait(for: Array(sessions.values), paces.nextExchange(at: .now))
        }
        sessions.values.forEach { $0.stop() }
        // Each has a deadline, after which it is ended.
        let closing = Array(sessions.values)
        while closing.contains(where: { !$0.closing.isEmpty }) {
            wait(for: closing, nil)
            closing.forEach { $0.endClosing(at: .now) }
        }
        // The wake-up's descriptor stays open: a message that is just being posted must not hit another file.
        let late = mailbox.withLock { mailbox in
            mailbox.isOver = true
            return mailbox.messages
        }
        late.forEach(decline)
        let last = paces.lastWords(at: .now)
        guard !last.isEmpty, let whenStopped else {
            whenStopped?()
            return
        }
        Task {
            await Paces.tell(last)
            whenStopped()
        }
    }

    private static func paces(of sessions: [String: PusherSession]) -> [PaceReport] {
        let now = ContinuousClock.now
        return sessions.sorted { $0.key < $1.key }.map { name, session in
            PaceReport(
                pusher: name, budgets: session.pace.budgets(at: now),
                pause: session.pace.pause(at: now).map { $0 - now })
        }
    }

    private func takeMessages() -> [Message] {
        mailbox.withLock { mailbox in
            defer { mailbox.messages = [] }
            return mailbox.messages
        }
    }

    /// Sleeps until a message, a runner or a deadline wants something.
    private func wait(for sessions: [PusherSession], _ nextExchange: ContinuousClock.Instant?) {
        let running = sessions.filter { $0.runner != nil }
        let closing = sessions.flatMap { session in session.closing.map { (session: session, runner: $0.runner) } }
        running.forEach { $0.runner?.flush() }
        var entries = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
        for session in running {
            let events = (session.isListening ? Int16(POLLIN) : 0) | (session.hasBacklog ? Int16(POLLOUT) : 0)
            entries.append(pollfd(fd: session.runner?.descriptor ?? -1, events: events, revents: 0))
            entries.append(pollfd(fd: session.runner?.errorsDescriptor ?? -1, events: Int16(POLLIN), revents: 0))
        }
        for (_, runner) in closing {
            let events = Int16(POLLIN) | (runner.backlog > 0 ? Int16(POLLOUT) : 0)
            entries.append(pollfd(fd: runner.descriptor, events: events, revents: 0))
            entries.append(pollfd(fd: runner.errorsDescriptor, events: Int16(POLLIN), revents: 0))
        }
        let deadline = (sessions.map { $0.nextDeadline } + [nextExchange]).compactMap { $0 }.min()
        let wait = deadline.map { max(.zero, $0 - .now) }
        let milliseconds = wait.map {
            Int32(clamping: $0.components.seconds * 1_000 + $0.components.attoseconds / 1_000_000_000_000_000 + 1)
        }
        guard poll(&entries, UInt(entries.count), milliseconds ?? -1) > 0 else { return }
        if entries[0].revents != 0 {
            var count: UInt64 = 0
            _ = read(wake, &count, 8)
        }
        for (index, session) in running.enumerated() {
            let (events, errors) = (entries[1 + 2 * index].revents, entries[2 + 2 * index].revents)
            // First, so that what a crash was about is there when the socket says that the process is gone.
            if errors != 0 { session.runner?.drainErrors() }
            if events & Int16(POLLOUT) != 0 { session.runner?.flush() }
            if events & ~Int16(POLLOUT) != 0 { session.receive() }
        }
        for (index, entry) in closing.enumerated() {
            let first = 1 + 2 * (running.count + index)
            if entries[first + 1].revents != 0 { entry.runner.drainErrors() }
            if entries[first].revents != 0 { entry.session.receiveClosing(entry.runner) }
        }
    }
}

/// Places that a push is writing right now, over all pushers. Only the loop's thread touches it.
final class ActiveSerialGroups {
    private var busy: Set<String> = []

    func take(_ place: String?) -> Bool {
        guard let place else { return true }
        return busy.insert(place).inserted
    }

    func release(_ place: String?) {
        if let place { busy.remove(place) }
    }
}
