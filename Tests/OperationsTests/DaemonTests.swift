import Configuration
import Foundation
import Journal
@testable import Operations
import SQLiteStore
import StateStore
import Synchronization
import Testing

/// One at a time: each takes the process's signals for as long as it runs.
@Suite("keyturn run", .serialized, .timeLimit(.minutes(1)))
struct DaemonTests {
    private static let other = "users:\n  other: { targets: [{ pusher: github, repository: acme/other }] }"

    private let clock = ManualClock()
    private let directory: Directory
    private let socket: NotifySocket

    init() async throws {
        directory = try Directory()
        socket = try NotifySocket(directory.path + "/notify")
        try await directory.know([
            "cicd-bot": Directory.idle(at: Directory.now),
            "other": Directory.idle(at: Directory.now, targets: ["github:acme/other"]),
        ])
    }

    private func daemon(
        _ listening: ListenRequest = ListenRequest(address: nil, anywhere: false),
        _ change: (inout OperationContext) -> Void = { _ in }
    ) -> Daemon {
        var context = directory.context
        context.clock = clock
        context.environment["NOTIFY_SOCKET"] = socket.path
        change(&context)
        return Daemon(context, listening)
    }

    /// Runs one, does that with it once it is up, and stops it.
    ///
    /// - Returns: what the service manager has heard.
    private func run(
        _ listening: ListenRequest = ListenRequest(address: nil, anywhere: false),
        _ body: (Daemon) async throws -> Void
    ) async throws -> [String] {
        let daemon = daemon(listening)
        let running = Task { try await daemon.run() }
        try await said("running: ")
        try await body(daemon)
        daemon.take(.stop)
        try await running.value
        #expect(directory.lines.last == "info: stopped")
        return socket.messages().map { String($0.prefix { $0 != "\n" }) }
    }

    private func said(_ words: String, times: Int = 1) async throws {
        try await reached { directory.lines.filter { $0.contains(words) }.count >= times }
    }

    @Test("runs until it is stopped, and the service manager hears of it")
    func stopped() async throws {
        let messages = try await run { _ in
            // Between two turns of the scheduler, the watchdog that no one asked for is silent.
            try await reached { clock.sleeps.contains(.seconds(15)) }
        }
        #expect(messages == ["READY=1", "STOPPING=1"])
        #expect(directory.lines.contains { $0.hasPrefix("info: running: 1 user; stop with SIGTERM") })
    }

    @Test("does not begin without users, or with a status page that others could reach unasked")
    func refused() async throws {
        await #expect(throws: InvalidOption.self) {
            try await daemon(ListenRequest(address: "0.0.0.0:0", anywhere: false)).run()
        }
        let empty = Directory.configuration().components(separatedBy: "users:")[0]
        try directory.write("keyturn.yaml", empty)
        let failure = await #expect(throws: OperationFailure.self) { try await daemon().run() }
        #expect(failure?.status == .configuration && failure?.message.hasSuffix("has no users") == true)
        #expect(socket.messages() == [])
    }

    @Test("takes a new configuration up, and says what waits for the next start")
    func reloaded() async throws {
        let messages = try await run { daemon in
            try directory.write(
                "keyturn.yaml", Directory.configuration("users:", "listen: 127.0.0.1:9464\n\(Self.other)"))
            daemon.take(.reload)
            try await said("running: 2 users")
        }
        #expect(messages == ["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"])
        #expect(directory.lines.contains { $0.hasPrefix("warning: `listen` takes effect when") })
        #expect(directory.lines.contains("info: read the configuration again: new: other; running: 2 users"))
        #expect(directory.lines.filter { $0.contains("stop with SIGTERM") }.count == 1)
    }

    @Test(
        "says that `listen` waits for the next start as long as it is not what is in force",
        arguments: [(nil, [1, 2, 2]), ("127.0.0.1:0", [0, 0, 0])] as [(String?, [Int])])
    func listening(address: String?, warnings: [Int]) async throws {
        _ = try await run(ListenRequest(address: address, anywhere: false)) { daemon in
            let changed = Directory.configuration("users:", "listen: 127.0.0.1:9464\nusers:")
            for (count, text) in [changed, changed, Directory.configuration()].enumerated() {
                try directory.write("keyturn.yaml", text)
                daemon.take(.reload)
                try await said("read the configuration again", times: count + 1)
                #expect(
                    directory.lines.count { $0.hasPrefix("warning: `listen` takes effect when") } == warnings[count])
            }
        }
    }

    @Test("says what is different about the users, or that nothing is")
    func changed() async throws {
        _ = try await run { daemon in
            for (count, text) in [
                Directory.configuration(), Directory.configuration("soak: 1h", "soak: 2h"),
                Directory.configuration("  cicd-bot:\n    aws", "  other:\n    aws"),
            ].enumerated() {
                try directory.write("keyturn.yaml", text)
                daemon.take(.reload)
                try await said("read the configuration again", times: count + 1)
            }
        }
        #expect(
            directory.lines.filter { $0.contains("again: ") } == [
                "info: read the configuration again: no user has changed; running: 1 user",
                "info: read the configuration again: changed: cicd-bot; running: 1 user",
                "info: read the configuration again: new: other; removed: cicd-bot; running: 1 user",
            ])
    }

    @Test("goes on as before where the new configuration cannot be used, or its services cannot be opened")
    func refusedConfiguration() async throws {
        let messages = try await run { daemon in
            try directory.write("keyturn.yaml", "version: 2\n")
            daemon.take(.reload)
            try await said("The former configuration stays in force")
            try directory.write("keyturn.yaml", Directory.configuration("{ file: gitlab.token }", "{ file: none }"))
            daemon.take(.reload)
            try await said("The former configuration stays in force", times: 2)
        }
        #expect(messages == ["READY=1", "RELOADING=1", "READY=1", "RELOADING=1", "READY=1", "STOPPING=1"])
        #expect(directory.lines.filter { $0.contains("running: ") }.count == 1)
    }

    @Test("takes a secret up whose file has changed, and goes on as before where it is of no use")
    func renewedSecret() async throws {
        let messages = try await run { _ in
            func pass() async throws {
                try await reached { clock.sleeps.contains(.seconds(30)) }
                clock.advance(.seconds(30))
            }
            try await pass()
            try await reached { clock.sleeps.contains(.seconds(30)) }
            #expect(!directory.lines.contains { $0.contains("has changed") })
            try directory.write("gitlab.token", "glpat-renewed-1234567890\n", mode: 0o600)
            try await pass()
            try await said("running: ", times: 2)
            try directory.write("gitlab.token", "", mode: 0o600)
            try await pass()
            try await said("The former configuration stays in force")
            try directory.write("gitlab.token", "glpat-renewed-again-1234\n", mode: 0o600)
            try await pass()
            try await said("running: ", times: 3)
        }
        #expect(messages.filter { $0 == "RELOADING=1" }.count == 3)
        #expect(
            directory.lines.filter { $0.contains("gitlab.token has changed: reading the configuration") }.count == 3)
    }

    @Test("looks for users every quarter of an hour, and takes them up")
    func discovered() async throws {
        let world = try StandIns {
            $0 += """
                discover:
                  tag: keyturn=yes
                  targets: [{ pusher: github, repository: "acme/{user}" }]

                """
        }
        try await world.directory.know(["cicd-bot": Directory.idle(at: Directory.now)])
        var context = world.context
        context.clock = clock
        let daemon = Daemon(context, ListenRequest(address: nil, anywhere: false))
        let running = Task { try await daemon.run() }
        try await reached { world.directory.lines.contains { $0.contains("running: 1 user;") } }
        try await world.directory.know(["web": Directory.idle(at: Directory.now, targets: ["github:acme/web"])])
        _ = try await world.addUser("web", tags: ["keyturn": "yes"])
        try await reached { clock.sleeps.contains(.seconds(900)) }
        clock.advance(.seconds(899))
        try await reached { clock.sleeps.contains(.seconds(15)) }
        #expect(!world.directory.lines.contains { $0.contains("running: 2 users") })
        clock.advance(.seconds(1))
        try await reached { world.directory.lines.contains { $0.contains("running: 2 users") } }
        daemon.take(.stop)
        try await running.value
        let found = try await FoundUsers(in: world.directory.journal())
        #expect(found.users.values.flatMap(\.self).map(\.userName) == ["web"])
    }

    @Test("ends with the reason where the state is of no use any more")
    func damaged() async throws {
        let fault = Fault()
        let daemon = daemon(on: fault)
        let running = Task { try await daemon.run() }
        try await said("running: ")
        try await reached { clock.sleeps.contains(.seconds(15)) }
        fault.withLock { $0 = StoreError(.corrupt, "a page is damaged") }
        clock.advance(.seconds(15))
        let error = await #expect(throws: JournalError.self) { try await running.value }
        #expect(error?.description.contains("a page is damaged") == true)
    }

    @Test("waits for a state that cannot be read for a while", arguments: [StoreError.Code.unavailable, .unreachable])
    func unreadable(code: StoreError.Code) async throws {
        let fault = Fault()
        let daemon = daemon(on: fault)
        let running = Task { try await daemon.run() }
        try await said("running: ")
        try await reached { clock.sleeps.contains(.seconds(15)) }
        fault.withLock { $0 = StoreError(code, "the server is away") }
        clock.advance(.seconds(15))
        try await said("the state cannot be read")
        try await reached { clock.sleeps.contains(.seconds(2)) }
        fault.withLock { $0 = nil }
        clock.advance(.seconds(2))
        try await said("the state can be read again")
        daemon.take(.stop)
        try await running.value
    }

    /// One whose state fails as that says.
    private func daemon(on fault: Fault) -> Daemon {
        daemon {
            $0.openStore = { [open = $0.openStore] loaded, location, makes in
                try await open(loaded, location, makes).map { store in
                    BreakableStore(store: store) { fault.withLock { $0 } }
                }
            }
        }
    }
}

/// What reading the state fails with; nil: with nothing.
private final class Fault: Sendable {
    private let error = Mutex<StoreError?>(nil)
    func withLock<Value: Sendable>(_ body: @Sendable (inout StoreError?) -> Value) -> Value {
        error.withLock { body(&$0) }
    }
}

/// A state whose reading can be made to fail.
private struct BreakableStore: StateStore {
    let store: any StateStore
    let fault: @Sendable () -> StoreError?
    var place: String { store.place }
    var isShared: Bool { store.isShared }

    func versions() async throws(StoreError) -> [String: Int64] {
        if let fault = fault() { throw fault }
        return try await store.versions()
    }

    func concern() async throws(StoreError) -> String? { try await store.concern() }
    func epoch() async throws(StoreError) -> String? { try await store.epoch() }
    func time() async throws(StoreError) -> Int64? { try await store.time() }

    func user(_ name: String) async throws(StoreError) -> StoredUser? { try await store.user(name) }
    func users() async throws(StoreError) -> [String: StoredUser] { try await store.users() }
    func commit(_ change: UserChange) async throws(StoreError) { try await store.commit(change) }
    func lines(_ query: LineQuery) async throws(StoreError) -> [StoredLine] { try await store.lines(query) }
    func scrub() async { await store.scrub() }

    func documents(_ prefix: String) async throws(StoreError) -> [String: StoredDocument] {
        try await store.documents(prefix)
    }

    func write(_ content: [UInt8]?, to name: String, version: Int64) async throws(StoreError) {
        try await store.write(content, to: name, version: version)
    }
}
