internal import Configuration
internal import Enclosure
internal import Engine
internal import JSON
internal import Journal
internal import PusherHost
internal import Rotation
internal import Secrets
internal import Synchronization

/// `keyturn lambda`: answers AWS Lambda's runtime API. Each event wakes it up to do what is due, like one `keyturn step`.
///
/// Nothing that an event says is believed but that a key has leaked. What the state says is due is done, so an event that comes twice,
/// late or never makes no difference. Nothing relies on a signal before the end: without an extension Lambda sends none.
package struct LambdaFunction {
    /// What is kept from an event's time for writing down how the work ended, giving leases back, notifications, and the answer.
    private static let reserve: Duration = .seconds(5)
    /// Less than this is no time to begin anything in.
    private static let shortestWork: Duration = .seconds(5)
    /// How long a call may go on once it was asked to stop.
    private static let cancelTime: Duration = .seconds(2)
    /// What the start of the program and the reading of an event may take of a function's timeout.
    private static let slack: Duration = .seconds(3)

    /// The shortest timeout with which a function begins anything.
    ///
    /// - Parameter push: the longest that one push may take.
    static func shortestTimeout(forPushesOf push: Duration) -> Duration {
        push + cancelTime + reserve + shortestWork + slack
    }

    private let context: OperationContext
    private let acceptsFile: Bool
    private let credentialsEnded = Flag()

    private var log: EventLog { context.log }

    /// - Parameter acceptsFile: whether a state that is a file is meant, since it lies where it outlives this environment.
    package init(_ context: OperationContext, acceptsFile: Bool) {
        var context = context
        context.credentialsEnded = { [credentialsEnded] in credentialsEnded.raise() }
        self.context = context
        self.acceptsFile = acceptsFile
    }

    /// Answers events until the process is ended from outside.
    ///
    /// - Throws: ``OperationFailure`` where it has to start again, or cannot start.
    package func run() async throws {
        guard let address = context.environment[RuntimeAPI.variable], !address.isEmpty else {
            throw OperationFailure(
                .usage,
                "\(RuntimeAPI.variable) is not set: `keyturn lambda` runs inside AWS Lambda, which sets it. `keyturn step` does the same "
                    + "work anywhere else")
        }
        let runtime = RuntimeAPI(address: address)
        defer { runtime.stop() }
        do { try await serve(runtime) } catch let failure as RuntimeAPI.Failure { throw failure.cause }
    }

    private func serve(_ runtime: RuntimeAPI) async throws {
        var function: OpenFunction
        do { function = try await open() } catch {
            let failure = error as? OperationFailure ?? OperationFailure(.failed, "\(error)")
            try await runtime.failInit(failure.message, RuntimeAPI.ErrorType(failure.status))
            throw failure
        }
        let count = function.loaded.users.count
        log.tell("ready: \(count) user\(count == 1 ? "" : "s"); waiting for events")
        while true {
            let invocation = try await runtime.next()
            try await answer(invocation, &function, runtime)
            if credentialsEnded.isRaised {
                throw OperationFailure(
                    .notAllowed,
                    "AWS does not take the credentials of this environment any more; ending, so that Lambda starts another one with new credentials"
                )
            }
        }
    }

    // MARK: Start

    /// What stays open from one event to the next. Pushers and connections to AWS are opened for the users that are due, as `step` does
    /// it: nothing of theirs is left to be frozen.
    private struct OpenFunction {
        var loaded: LoadedConfiguration
        let state: StateAccess
    }

    private func open() async throws -> OpenFunction {
        var context = context
        context.lackingParts = probeWalls()
        let (loaded, state) = try await LoadedConfiguration.recalled(context, for: .working)
        if let file = loaded.configuration.state.file, !acceptsFile {
            throw OperationFailure(
                .configuration,
                "\(loaded.file): `state` is the file \(file), which AWS Lambda takes away with each environment, and with it what keyturn "
                    + "knows of its keys. Use `state: dynamodb://TABLE?region=REGION`. Where the file outlives environments, as on EFS, "
                    + "`keyturn lambda --accept-file-state` says so")
        }
        _ = try await state.open()
        try await tryPushers(loaded)
        return OpenFunction(loaded: loaded, state: state)
    }

    /// Starts each pusher once, so that one that can never work shows before an event needs it.
    private func tryPushers(_ loaded: LoadedConfiguration) async throws {
        let factory = ServiceFactory(loaded)
        let http = try factory.makeHTTP()
        defer { http.stop() }
        let host = try await factory.makeHost(http, for: loaded.users)
        do {
            for (pusher, confinement) in try await factory.start(host, for: loaded.users) {
                log.tell("\(pusher): starts; sandboxed by \(confinement.joined(separator: ", "))")
            }
        } catch {
            await host.stop()
            throw error
        }
        await host.stop()
    }

    /// - Returns: the parts of the sandbox that cannot be had here.
    private func probeWalls() -> [String] {
        for (wall, isThere) in Enclosure.report { log.tell("sandbox: \(wall): \(isThere ? "works" : "refused here")") }
        let missing = Enclosure.Part.allCases.filter { !Enclosure.available.contains($0) }.map(\.rawValue)
        if !missing.isEmpty {
            log.warn(
                "pushers cannot be sandboxed as elsewhere (no \(missing.joined(separator: ", "))): only those that came with keyturn run, "
                    + "and others that `accept-missing` allows")
        }
        return missing
    }

    // MARK: Events

    private func answer(
        _ invocation: RuntimeAPI.Invocation, _ function: inout OpenFunction, _ runtime: RuntimeAPI
    ) async throws {
        let answer: EventAnswer
        var reception: RuntimeAPI.Reception
        do {
            answer = try await work(invocation, &function)
            if credentialsEnded.isRaised {
                reception = try await runtime.fail(
                    "AWS does not take the credentials of this environment any more", .init("CredentialsEnded"),
                    on: invocation.id)
            } else if answer.needsPerson {
                reception = try await runtime.fail(answer.summary, .init(answer.status), on: invocation.id)
            } else {
                reception = try await runtime.respond(Array(answer.document.text.utf8), to: invocation.id)
            }
        } catch let failure as OperationFailure {
            log.fail(failure.message)
            reception = try await runtime.fail(failure.message, .init(failure.status), on: invocation.id)
        }
        if reception == .tooLarge {
            log.warn("Lambda says that the answer is too large")
            reception = try await runtime.fail(
                "the answer was too large; what was done is in the log", .init("AnswerTooLarge"), on: invocation.id)
        }
        if reception == .outOfTurn {
            log.warn("Lambda did not wait for this answer any more; what was done is in the state")
        }
    }

    private func work(
        _ invocation: RuntimeAPI.Invocation, _ function: inout OpenFunction
    ) async throws -> EventAnswer {
        let (end, notice) = (try end(of: invocation, function.loaded), notice(invocation))
        var answer = EventAnswer()
        answer.status = try await function.loaded.discover(keptIn: function.state)
        let loaded = function.loaded
        let (orders, reports) = await LeakOrders(loaded, function.state, end: end).carryOut(notice)
        answer.orders = orders
        answer.worked = reports.flatMap(\.worked)
        if loaded.context.clock.now < end.lastBeginning {
            let ordered = Set(answer.worked.map(\.user))
            let rest = loaded.users.filter { !ordered.contains($0.name) }
            let report = try await RotationRun(loaded, function.state, end: end).work(on: rest)
            answer.worked += report.worked
            answer.status = answer.status.worse(report.status)
        }
        let now = loaded.context.clock.now
        let records = try await function.state.records()
        answer.users = loaded.users.map {
            StatusDocument.User($0, records[$0.name]?.rotation ?? Rotation(at: now), at: now)
        }
        // What needs a person does so whether or not it was due now.
        answer.status = loaded.users.reduce(answer.status) {
            $0.worse(ExitStatus(attentionTo: records[$1.name]?.rotation, at: context.clock.now, policy: $1.policy))
        }
        answer.status = orders.reduce(answer.status) { $0.worse($1.status) }
        return answer
    }

    /// The longest push that is begun must be able to end before Lambda ends the process.
    private func end(of invocation: RuntimeAPI.Invocation, _ loaded: LoadedConfiguration) throws -> WorkEnd {
        let push = loaded.users.map(\.policy.pushTimeout).max() ?? .zero
        let patience = push + Self.cancelTime
        let lastBeginning = invocation.deadline - patience - Self.reserve
        let left = lastBeginning - context.clock.now
        guard left >= Self.shortestWork else {
            let need = Self.shortestTimeout(forPushesOf: push)
            throw OperationFailure(
                .configuration,
                "there are \(max(0, (invocation.deadline - context.clock.now).components.seconds)) s left for this event, and a push may "
                    + "take \(push.components.seconds) s (`push-timeout`): nothing was begun. Set the function's timeout to at least "
                    + "\(need.components.seconds) s; 300 s is a good one")
        }
        return WorkEnd(
            lastBeginning: lastBeginning, patience: patience,
            words: "the time of this event is nearly over: nothing more is begun, and the next event continues")
    }

    private func notice(_ invocation: RuntimeAPI.Invocation) -> LeakNotice {
        LeakNotice(event: invocation.body.withBytes { Array($0) })
    }
}

/// Something that happens once, and is looked at later.
private final class Flag: Sendable {
    private let raised = Atomic(false)

    var isRaised: Bool { raised.load(ordering: .acquiring) }
    func raise() { raised.store(true, ordering: .releasing) }
}
